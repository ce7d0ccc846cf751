package io.selvage.client.cli;

import io.selvage.client.SelvageClient;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.wire.LibraryFile;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.cli.Options;
import org.apache.hadoop.fs.Path;

/** Puts the runtime into HDFS for all users of a cluster. */
final class ShareCommand implements Command {
    @Override
    public String name() {
        return "selvage share";
    }

    @Override
    public String synopsis() {
        return "[options] DIRECTORY";
    }

    @Override
    public String summary() {
        return "put the runtime into HDFS for all users, as an administrator";
    }

    @Override
    public String details() {
        return "The directory is made if it is missing; only its owner and its group may be able to write into it. Sessions\n"
                + "take the runtime from there if " + SessionConfig.LIBRARY_ROOT.name()
                + " names it, and nodes fetch it once for all\nusers. Run it again after each change of the installation.";
    }

    @Override
    public Options options() {
        return new Options().addOption(Arguments.JSON);
    }

    @Override
    public boolean takesOptionsAnywhere() {
        return true;
    }

    @Override
    public ExitCode run(Arguments arguments, Host host, Console console) {
        String directory = arguments.only("a directory in HDFS");
        try (SelvageClient client = host.connect(console)) {
            LibraryFile runtime = client.shareRuntime(directory);
            console.result(arguments.has(Arguments.JSON) ? Json.write(json(runtime)) : inWords(runtime));
            return ExitCode.OK;
        }
    }

    static String inWords(LibraryFile runtime) {
        String directory = root(runtime);
        return "The runtime (" + Words.bytes(runtime.getLength()) + ") is in " + runtime.getPath() + ".\n"
                + (runtime.getForAll()
                        ? "Have everybody's conf/selvage.yaml say: " + SessionConfig.LIBRARY_ROOT.name() + ": "
                                + directory
                        : "Not everybody can read it there: let all enter the directories above " + directory
                                + ", or nodes fetch it for each user anew.");
    }

    /**
     * In full, whatever it was called: it is to mean the same to everybody. It has {@code libraries/<sha256>/<name>}.
     */
    private static String root(LibraryFile runtime) {
        return new Path(runtime.getPath()).getParent().getParent().getParent().toString();
    }

    static Map<String, Object> json(LibraryFile runtime) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("root", root(runtime));
        json.put("path", runtime.getPath());
        json.put("sha256", runtime.getSha256());
        json.put("bytes", runtime.getLength());
        json.put("for_all", runtime.getForAll());
        return json;
    }
}
