package io.selvage.master;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.selvage.master", importOptions = ImportOption.DoNotIncludeTests.class)
class CoreTest {
    @ArchTest
    static final ArchRule theCoreKnowsNoHadoopNoTransportNoThreadAndNoClock = noClasses()
            .that()
            .resideInAnyPackage(
                    "io.selvage.master.event..",
                    "io.selvage.master.job..",
                    "io.selvage.master.checkpoint..",
                    "io.selvage.master.resource..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.apache.hadoop..",
                    "io.grpc..",
                    "java.io..",
                    "java.nio..",
                    "java.net..",
                    "java.util.concurrent.locks..")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.lang.Thread")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis");

    @ArchTest
    static final ArchRule theCoreKnowsNoAdapter = noClasses()
            .that()
            .resideInAnyPackage(
                    "io.selvage.master.event..",
                    "io.selvage.master.job..",
                    "io.selvage.master.checkpoint..",
                    "io.selvage.master.resource..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.selvage.master.loop..",
                    "io.selvage.master.journal..",
                    "io.selvage.master.storage..",
                    "io.selvage.master.yarn..",
                    "io.selvage.master.token..",
                    "io.selvage.master.control..",
                    "io.selvage.master.http..",
                    "io.selvage.master.main..");
}
