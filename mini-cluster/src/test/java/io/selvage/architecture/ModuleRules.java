package io.selvage.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Who may import whom, one line for each module. A pom says which modules a module depends on; this table says what the
 * poms cannot: which packages stay outside although they are on the class path.
 */
enum ModuleRules {
    STREAM_API("api", List.of(), List.of("org.apache.hadoop", "org.rocksdb", "io.netty", "io.grpc")),
    CLUSTER_PROTOCOL("protocol", List.of("api"), List.of("org.apache.hadoop", "org.rocksdb")),
    HDFS_CHECKPOINT("checkpoint", List.of("api", "protocol"), List.of("org.apache.hadoop.yarn")),
    // But for the one package that has YARN replace a silent master: a test of its own sees to that.
    TASK_CONTAINER("task", List.of("api", "protocol", "checkpoint"), List.of()),
    // The master never opens what a user wrote: no class loader, no object stream.
    APPLICATION_MASTER(
            "master",
            List.of("api", "protocol", "checkpoint"),
            List.of(
                    "java.net.URLClassLoader",
                    "java.io.ObjectInputStream",
                    "io.selvage.protocol.program.ProgramClassLoader")),
    YARN_CLIENT("client", List.of("api", "protocol", "checkpoint"), List.of("org.rocksdb", "io.netty")),
    CONNECTORS("connector", List.of("api"), List.of("org.apache.hadoop.yarn", "org.rocksdb", "io.netty", "io.grpc")),
    EXAMPLES("examples", List.of("api", "connector"), List.of("org.apache.hadoop", "org.rocksdb", "io.netty")),
    // The engine without a cluster: what starts it on one stays out, and so does its wire.
    LOCAL_ENVIRONMENT(
            "local",
            List.of("api", "protocol", "checkpoint", "task", "master"),
            List.of(
                    "org.apache.hadoop.yarn",
                    "org.rocksdb",
                    "io.netty",
                    "io.grpc",
                    "io.selvage.task.main",
                    "io.selvage.task.control",
                    "io.selvage.task.network",
                    "io.selvage.task.watchdog",
                    "io.selvage.master.main",
                    "io.selvage.master.control",
                    "io.selvage.master.http",
                    "io.selvage.master.yarn")),
    // Only its quickstart, its workload and what measures recoveries are users of Selvage.
    MINI_CLUSTER("minicluster", List.of("api", "client", "connector", "protocol"), List.of("org.rocksdb", "io.grpc"));

    private static final String ROOT = "io.selvage.";

    private final String root;
    private final List<String> allowed;
    private final List<String> forbidden;

    /**
     * @param root the module's package below {@code io.selvage}
     * @param allowed the packages below {@code io.selvage} of other modules that this one may use
     * @param forbidden packages or classes of libraries that it may not use, whatever is on its class path
     */
    ModuleRules(String root, List<String> allowed, List<String> forbidden) {
        this.root = root;
        this.allowed = allowed;
        this.forbidden = forbidden;
    }

    /** Fails, naming classes and lines, if the module's main classes import what they must not, or go in a circle. */
    void check() {
        JavaClasses classes = classes();
        noClasses()
                .that()
                .resideInAPackage(ROOT + root + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbiddenPackages())
                .orShould()
                .dependOnClassesThat(new DescribedPredicate<JavaClass>("are one of " + forbidden) {
                    @Override
                    public boolean test(JavaClass used) {
                        return forbidden.contains(used.getFullName());
                    }
                })
                .as(this + " leaves alone what belongs to others (the table in ModuleRules)")
                .check(classes);
        slices().assignedFrom(new ByPackage())
                .should()
                .beFreeOfCycles()
                .as("the packages of " + this + " form a downward list")
                .check(classes);
    }

    /** Fails if any package of the module but one imports that package of a library, or the one does not. */
    void checkThatOnly(String packageName, String ofLibrary) {
        JavaClasses classes = classes();
        noClasses()
                .that()
                .resideInAPackage(ROOT + root + "..")
                .and()
                .resideOutsideOfPackage(packageName)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ofLibrary + "..")
                .as("only " + packageName + " knows " + ofLibrary)
                .check(classes);
        if (classes.stream()
                .filter(found -> found.getPackageName().equals(packageName))
                .flatMap(found -> found.getDirectDependenciesFromSelf().stream())
                .noneMatch(used -> used.getTargetClass().getPackageName().startsWith(ofLibrary))) {
            throw new AssertionError(packageName + " does not use " + ofLibrary + " any more: strike its exemption.");
        }
    }

    private JavaClasses classes() {
        // The module's own classes alone, for all rules go by names: reading the class path takes twenty seconds
        // beside Hadoop.
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        JavaClasses classes = new ClassFileImporter().importPath(Path.of("..", directory(), "target", "classes"));
        if (classes.stream().noneMatch(found -> found.getPackageName().startsWith(ROOT + root))) {
            throw new AssertionError("No class of " + ROOT + root + " is in " + directory()
                    + "/target/classes; build that module first (-am).");
        }
        return classes;
    }

    private String directory() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private String[] forbiddenPackages() {
        Stream<String> otherModules = Arrays.stream(values())
                .map(module -> module.root)
                .filter(other -> !other.equals(root) && !allowed.contains(other))
                .map(other -> ROOT + other);
        return Stream.concat(Stream.concat(otherModules, Stream.of(ROOT + "benchmarks")), forbidden.stream())
                .map(name -> name + "..")
                .toArray(String[]::new);
    }

    /** Each package is a slice of its own, the module's root among them. */
    private static final class ByPackage implements SliceAssignment {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass candidate) {
            return SliceIdentifier.of(candidate.getPackageName());
        }

        @Override
        public String getDescription() {
            return "packages";
        }
    }
}
