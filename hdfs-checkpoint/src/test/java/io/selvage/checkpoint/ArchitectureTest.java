package io.selvage.checkpoint;

import io.selvage.architecture.ModuleRules;
import org.junit.jupiter.api.Test;

final class ArchitectureTest {
    @Test
    void importsOnlyWhatTheModuleMayAndPackagesAreFreeOfCycles() {
        ModuleRules.HDFS_CHECKPOINT.check();
    }
}
