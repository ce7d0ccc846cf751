package io.selvage.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Of what is left out of the distribution's libraries nobody there misses anything (decision 0047). */
final class RuntimeIT {
    private static final Path LIBRARIES = Path.of("..", "yarn-client", "target", "selvage", "lib");
    private static final String CLASS = ".class";
    private static final String MATH = "org/apache/commons/math3/";
    /** A class of a library of which not all is there. */
    private static final Pattern CUT = Pattern.compile("org/(apache/commons/math3|bouncycastle)/[\\w/$]+");
    /** They ask for Bouncy Castle by its name, or are loaded once it was found. */
    private static final Pattern ASKS_FOR_BOUNCY_CASTLE = Pattern.compile("org/apache/hadoop/crypto/CryptoUtils"
            + "|(io/grpc/netty/shaded/)?io/netty/handler/ssl/(BouncyCastle(AlpnSslUtils|PemReader)"
            + "|util/(BouncyCastle(SelfSignedCertGenerator|Util(\\$\\w+)?)|SelfSignedCertificate))");

    private static final Pattern IS_NATIVE = Pattern.compile("\\.(so|jnilib|dylib|dll)$");
    /** At the root of a library: what is deeper is nobody's settings. */
    private static final Pattern SETTINGS = Pattern.compile("[^/]*-site\\.xml|log4j\\.(properties|xml)");

    /** By what an entry's name has to match, the architectures of which it is: what nodes of both have to find. */
    private static final Map<String, List<String>> NATIVE = Map.of(
            "librocksdbjni-linux-?(64|aarch64)\\.so", List.of("64", "aarch64"),
            "META-INF/native/libnetty_transport_native_epoll_(\\w+)\\.so", List.of("aarch_64", "x86_64"),
            "META-INF/native/libio_grpc_netty_shaded_netty_transport_native_epoll_(\\w+)\\.so",
                    List.of("aarch_64", "x86_64"),
            "META-INF/native/libio_grpc_netty_shaded_netty_tcnative_linux_(\\w+)\\.so", List.of("aarch_64", "x86_64"));

    /** Of each class that is there, what it names of cut libraries. */
    private static final Map<String, Set<String>> NAMED = new TreeMap<>();
    /** Of each library, the names of its files that are no classes. */
    private static final Map<Path, List<String>> OTHERS = new TreeMap<>();

    @BeforeAll
    static void readTheClasses() throws IOException {
        List<Path> jars;
        try (Stream<Path> files = Files.list(LIBRARIES)) {
            jars = files.filter(file -> file.toString().endsWith(".jar")).toList();
        }
        for (Path jar : jars) {
            try (ZipFile zip = new ZipFile(jar.toFile())) {
                OTHERS.put(
                        jar,
                        zip.stream()
                                .map(ZipEntry::getName)
                                .filter(name -> !name.endsWith(CLASS) && !name.endsWith("/"))
                                .toList());
                List<? extends ZipEntry> classes = zip.stream()
                        .filter(entry -> entry.getName().endsWith(CLASS))
                        .toList();
                for (ZipEntry each : classes) {
                    String name = each.getName().substring(0, each.getName().length() - CLASS.length());
                    try (DataInputStream in = new DataInputStream(new BufferedInputStream(zip.getInputStream(each)))) {
                        NAMED.computeIfAbsent(name, none -> new HashSet<>()).addAll(namedBy(in));
                    }
                }
            }
        }
    }

    @Test
    void whatOthersNameOfCommonsMathIsThereAndAllThatItNamesInTurn() {
        Deque<String> left = new ArrayDeque<>();
        NAMED.forEach((naming, named) -> {
            if (!naming.startsWith(MATH)) {
                named.stream().filter(name -> name.startsWith(MATH)).forEach(left::add);
            }
        });
        assertThat(left).as("else the whole library may go").contains(MATH + "util/ArithmeticUtils");
        Set<String> reached = new HashSet<>();
        while (!left.isEmpty()) {
            String name = left.pop();
            if (reached.add(name)) {
                left.addAll(NAMED.getOrDefault(name, Set.of()));
            }
        }
        assertThat(NAMED.keySet()).as("what stays is in yarn-client/pom.xml").containsAll(reached);
    }

    @Test
    void bouncyCastleIsNotThereAndNobodyRequiresIt() {
        assertThat(NAMED.keySet()).noneMatch(RuntimeIT::isOfBouncyCastle);
        Set<String> naming = NAMED.keySet().stream()
                .filter(name -> NAMED.get(name).stream().anyMatch(RuntimeIT::isOfBouncyCastle))
                .collect(Collectors.toSet());
        assertThat(naming)
                .contains("org/apache/hadoop/crypto/CryptoUtils")
                .allMatch(name -> ASKS_FOR_BOUNCY_CASTLE.matcher(name).matches());
    }

    @Test
    void nativeLibrariesAreThereForBothArchitecturesAndForNoOther() {
        Map<String, List<String>> found = new TreeMap<>();
        List<String> others = new ArrayList<>();
        OTHERS.values().stream()
                .flatMap(List::stream)
                .filter(name -> IS_NATIVE.matcher(name).find())
                .forEach(name -> NATIVE.keySet().stream()
                        .map(kind -> Pattern.compile(kind).matcher(name))
                        .filter(Matcher::matches)
                        .findFirst()
                        .ifPresentOrElse(
                                of -> found.computeIfAbsent(of.pattern().pattern(), none -> new ArrayList<>())
                                        .add(of.group(1)),
                                () -> others.add(name)));
        found.values().forEach(Collections::sort);
        assertThat(found).isEqualTo(NATIVE);
        assertThat(others)
                .as("a library that is new here, or for other systems: add it to the table, or cut it in"
                        + " yarn-client/pom.xml")
                .isEmpty();
    }

    /**
     * Hadoop's settings come last on the class path, and the settings of its log as well: the first one found counts.
     */
    @Test
    void noLibraryHasSettingsThatWouldTakeTheClustersPlace() {
        assertThat(OTHERS).hasSizeGreaterThan(30);
        assertThat(OTHERS)
                .allSatisfy((library, names) -> assertThat(names)
                        .noneMatch(name -> SETTINGS.matcher(name).matches()));
    }

    private static boolean isOfBouncyCastle(String name) {
        return name.startsWith("org/bouncycastle/");
    }

    /** In any way: the texts in a class file's constants are all that it links, declares or could ask for by name. */
    private static Set<String> namedBy(DataInputStream in) throws IOException {
        in.skipNBytes(8);
        int constants = in.readUnsignedShort();
        Set<String> named = new HashSet<>();
        for (int index = 1; index < constants; index++) {
            // The Java Virtual Machine Specification, section 4.4.
            int tag = in.readUnsignedByte();
            switch (tag) {
                case 1 -> {
                    Matcher names = CUT.matcher(in.readUTF().replace('.', '/'));
                    names.results().map(MatchResult::group).forEach(named::add);
                }
                case 5, 6 -> {
                    in.skipNBytes(8);
                    // Such a constant counts as two.
                    index++;
                }
                case 3, 4, 9, 10, 11, 12, 17, 18 -> in.skipNBytes(4);
                case 15 -> in.skipNBytes(3);
                case 7, 8, 16, 19, 20 -> in.skipNBytes(2);
                default -> throw new IOException("There is no constant of kind " + tag + ".");
            }
        }
        return named;
    }
}
