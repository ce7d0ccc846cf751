package io.selvage.architecture;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Stands in this module because all others that it checks are built before it. */
final class ModuleRulesTest {
    @ParameterizedTest
    @EnumSource
    void importsOnlyWhatItMayAndItsPackagesAreFreeOfCycles(ModuleRules module) {
        module.check();
    }
}
