package io.selvage.benchmarks;

import io.selvage.architecture.ModuleRules;
import org.junit.jupiter.api.Test;

final class ArchitectureTest {
    @Test
    void importsOnlyWhatTheModuleMayAndPackagesAreFreeOfCycles() {
        ModuleRules.BENCHMARKS.check();
    }
}
