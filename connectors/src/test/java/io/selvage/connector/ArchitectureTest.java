package io.selvage.connector;

import io.selvage.architecture.ModuleRules;
import org.junit.jupiter.api.Test;

final class ArchitectureTest {
    @Test
    void importsOnlyWhatTheModuleMayAndPackagesAreFreeOfCycles() {
        ModuleRules.CONNECTORS.check();
    }
}
