package io.selvage.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
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

    /** Of each class that is there, what it names of cut libraries. */
    private static final Map<String, Set<String>> NAMED = new TreeMap<>();

    @BeforeAll
    static void readTheClasses() throws IOException {
        List<Path> jars;
        try (Stream<Path> files = Files.list(LIBRARIES)) {
            jars = files.filter(file -> file.toString().endsWith(".jar")).toList();
        }
        for (Path jar : jars) {
            try (ZipFile zip = new ZipFile(jar.toFile())) {
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
