package io.selvage.examples;

import io.selvage.architecture.ModuleRules;
import org.junit.jupiter.api.Test;

final class ArchitectureTest {
    @Test
    void importsOnlyWhatTheModuleMayAndPackagesAreFreeOfCycles() {
        ModuleRules.EXAMPLES.check();
    }
}
