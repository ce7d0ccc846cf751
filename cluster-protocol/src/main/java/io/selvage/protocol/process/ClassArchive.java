package io.selvage.protocol.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The archive of classes that all virtual machines of one application on one node share: loaded, checked and linked
 * once, mapped into memory by those that start later. The virtual machine compares an archive with the sizes and times
 * of the jars, which are the node's own, so that it can be made on the node only.
 *
 * <p>It lies in the application's directory on the node, which YARN keeps for as long as the application lives.
 *
 * @param path where it is, or is to be
 */
public record ClassArchive(Path path) {
    /** The names of the classes that this process loads, written by the virtual machine, if there is no archive yet. */
    public static final Path LIST = Path.of("classes.list");

    private static final String NAME = "selvage.jsa";
    /** YARN's variable: the directories of the application on this node, parted by commas. */
    private static final String DIRECTORIES = "LOCAL_DIRS";

    private static final int MAX_HEAP_MIB = 96;

    /**
     * Words of a launch command, for the shell script that YARN makes of it: the archive is taken if there is one, else
     * a list of classes is begun. They are put between double quotes there.
     */
    public static String optionsInShell() {
        String path = "${" + DIRECTORIES + "%%,*}/" + NAME;
        return String.join(
                " ",
                "-Xshare:auto",
                "$([ -r \"" + path + "\" ] && echo \"-XX:SharedArchiveFile='" + path
                        + "'\" || echo -XX:DumpLoadedClassList=" + LIST + ")",
                // A stale archive is no matter for anyone's eyes.
                "-Xlog:cds=off",
                "-Xlog:cds+dynamic=off");
    }

    /** @throws IllegalArgumentException if this is no container */
    public static ClassArchive of(Map<String, String> environment) {
        String directories = environment.getOrDefault(DIRECTORIES, "");
        if (directories.isBlank()) {
            throw new IllegalArgumentException("The variable " + DIRECTORIES + " is not set.");
        }
        int end = directories.indexOf(',');
        return new ClassArchive(Path.of(end < 0 ? directories : directories.substring(0, end), NAME));
    }

    /** The command of a process that makes an archive of those classes for the class path of this one. */
    List<String> command(Path target, Path list) {
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
                System.getProperty("java.class.path"),
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
