package io.selvage.protocol;

import io.selvage.architecture.ModuleRules;
import org.junit.jupiter.api.Test;

final class ArchitectureTest {
    @Test
    void importsOnlyWhatTheModuleMayAndPackagesAreFreeOfCycles() {
        ModuleRules.CLUSTER_PROTOCOL.check();
    }
}
