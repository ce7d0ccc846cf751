package io.selvage.architecture;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Stands in this module because all others that it checks are built before it. */
final class ModuleRulesTest {
    @ParameterizedTest
    @EnumSource
    void importsOnlyWhatItMayAndItsPackagesAreFreeOfCycles(ModuleRules module) {
        module.check();
    }

    @Test
    void onlyTheWatchdogOfAnExecutorKnowsYarn() {
        ModuleRules.TASK_CONTAINER.checkThatOnly("io.selvage.task.watchdog", "org.apache.hadoop.yarn");
    }
}
