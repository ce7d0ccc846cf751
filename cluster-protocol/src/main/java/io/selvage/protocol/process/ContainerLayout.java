package io.selvage.protocol.process;

import io.selvage.protocol.wire.SessionSpec;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where a container's working directory holds what, as session.proto says; pure. */
public final class ContainerLayout {
    /** The session's description. */
    public static final String SPEC = "selvage-session.pb";
    /** Ours and others' jars: an archive that YARN has unpacked. */
    public static final String LIBRARIES = "lib";

    private static final String CONFIGURATION = "hadoop-conf";

    private ContainerLayout() {}

    /** A file of {@link SessionSpec#getHadoopConfList}. */
    public static String configurationFile(String name) {
        return CONFIGURATION + "/" + name;
    }

    /**
     * Every jar by its name, in one order for all: an archive of classes is for one class path, and knows no
     * directories and no stars.
     */
    public static String classPath(SessionSpec spec) {
        List<String> libraries = spec.getClassPathList();
        return Stream.concat(
                        spec.getHadoopConfList().stream().map(file -> configurationFile(file.getName())),
                        libraries.stream().map(name -> LIBRARIES + "/" + name))
                .collect(Collectors.joining(":"));
    }
}
