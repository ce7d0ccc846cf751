package io.selvage.protocol.process;

import io.selvage.protocol.digest.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The archive of classes that virtual machines share: loaded, checked and linked once, mapped into memory by those that
 * start later. A virtual machine takes one that was made by its like, for a class path that begins with the same names,
 * sizes and times of jars. Who unpacks the same libraries has these, on whichever node of the same time zone.
 *
 * <p>A session that is opened where there is one for its runtime gives it to all its containers ({@link #DIRECTORY}).
 * Else, and on nodes with another virtual machine, the first container makes or fetches one: it lies in the
 * application's directory on the node, which YARN keeps for as long as the application lives.
 *
 * @param path where it is on this node, or is to be
 */
public record ClassArchive(Path path) {
    /** The names of the classes that this process loads, written by the virtual machine, if there is no archive yet. */
    public static final Path LIST = Path.of("classes.list");

    /** In a working directory: what YARN has unpacked, of {@code SessionSpec.class_archive}. */
    public static final String DIRECTORY = "selvage-classes";
    /** In that directory, and in the archive of which it is made. */
    public static final String FILE = "selvage.jsa";

    /** YARN's variable: the directories of the application on this node, parted by commas. */
    private static final String DIRECTORIES = "LOCAL_DIRS";

    private static final int MAX_HEAP_MIB = 96;
    private static final Path BASE = Path.of(System.getProperty("java.home"), "lib", "server", "classes.jsa");
    private static final int BASE_HEAD_BYTES = 4096;
    private static final int MACHINE_DIGITS = 16;

    /**
     * Words of a launch command, for the shell script that YARN makes of it: the node's own archive is taken if there
     * is one, else that of the session; without either a list of classes is begun. They are put between double quotes
     * there.
     */
    public static String optionsInShell() {
        String own = "${" + DIRECTORIES + "%%,*}/" + FILE;
        String given = DIRECTORY + "/" + FILE;
        return String.join(
                " ",
                "-Xshare:auto",
                "$(if [ -r \"" + own + "\" ]; then echo \"-XX:SharedArchiveFile='" + own + "'\";"
                        + " elif [ -r " + given + " ]; then echo -XX:SharedArchiveFile=" + given + ";"
                        + " else echo -XX:DumpLoadedClassList=" + LIST + "; fi)",
                // A stale archive is no matter for anyone's eyes.
                "-Xlog:cds=off",
                "-Xlog:cds+dynamic=off");
    }

    /**
     * Names this process's kind of virtual machine and what it asks of an archive: another one of that name takes its
     * archives.
     *
     * @param classPath jars that archives are made for
     * @return 16 hexadecimal digits; nothing: this one has no archive of Java's own classes, on top of which ours would
     *     lie
     */
    static Optional<String> machine(String classPath) throws IOException {
        MessageDigest digest = Sha256.begin();
        for (String property : List.of("java.vm.name", "java.vm.vendor", "java.vm.version", "os.arch")) {
            add(digest, System.getProperty(property));
        }
        try (InputStream base = Files.newInputStream(BASE)) {
            digest.update(base.readNBytes(BASE_HEAD_BYTES)); // With the checksum that an archive on top of it asks for.
        } catch (NoSuchFileException none) {
            return Optional.empty();
        }
        for (String jar : classPath.split(":")) {
            Path path = Path.of(jar);
            add(
                    digest,
                    jar + " " + Files.size(path) + " "
                            + Files.getLastModifiedTime(path).toMillis());
        }
        return Optional.of(Sha256.end(digest).substring(0, MACHINE_DIGITS));
    }

    private static void add(MessageDigest digest, String line) {
        digest.update((line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** @throws IllegalArgumentException if this is no container */
    public static ClassArchive of(Map<String, String> environment) {
        String directories = environment.getOrDefault(DIRECTORIES, "");
        if (directories.isBlank()) {
            throw new IllegalArgumentException("The variable " + DIRECTORIES + " is not set.");
        }
        int end = directories.indexOf(',');
        return new ClassArchive(Path.of(end < 0 ? directories : directories.substring(0, end), FILE));
    }

    /**
     * The command of a process that makes an archive of those classes.
     *
     * @param classPath for which and those that begin with it
     */
    static List<String> command(Path target, Path list, String classPath) {
        return List.of(
                "nice",
                "-n",
                "19",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + MAX_HEAP_MIB + "m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "-Xlog:disable",
                "-XX:ArchiveClassesAtExit=" + target,
                "-cp",
                classPath,
                ClassArchive.class.getName(),
                list.toString());
    }

    /** The process that is archived at its end: it loads every class that it is told, and does nothing with them. */
    public static void main(String[] arguments) throws IOException {
        ClassLoader loader = ClassArchive.class.getClassLoader();
        int loaded = 0;
        for (String name : names(Files.readAllLines(Path.of(arguments[0])))) {
            try {
                Class.forName(name, false, loader);
                loaded++;
            } catch (ClassNotFoundException | LinkageError elsewhere) {
                // Of a job's program, or generated: nothing that another process would find in the archive.
                continue;
            }
        }
        System.out.println(loaded + " classes are loaded.");
    }

    /** The classes of a list: a name with slashes in each line, but for comments and what begins with an at sign. */
    static Set<String> names(List<String> lines) {
        Set<String> names = new LinkedHashSet<>();
        for (String line : lines) {
            if (!line.isEmpty() && line.charAt(0) != '#' && line.charAt(0) != '@') {
                int end = line.indexOf(' ');
                names.add((end < 0 ? line : line.substring(0, end)).replace('/', '.'));
            }
        }
        return names;
    }
}
