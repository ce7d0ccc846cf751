package io.selvage.client.cli;

import io.selvage.client.SelvageClient;
import io.selvage.client.Session;
import io.selvage.client.StateFiles;
import io.selvage.client.connect.ConnectionWarmUp;
import io.selvage.client.connect.HadoopFolder;
import io.selvage.client.connect.Login;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.client.session.UserDirectory;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.KerberosConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * What this host and user bring to a command.
 *
 * @param home where Selvage is installed
 * @param userDirectory where the user's session files are
 */
record Host(Path home, Path userDirectory, Map<String, String> environment) {
    Host {
        environment = Map.copyOf(environment);
    }

    /** From the environment that the scripts set. */
    static Host ofEnvironment(Map<String, String> environment) {
        String home = environment.get("SELVAGE_HOME");
        if (home == null) {
            throw new ClientException(ExitCode.USAGE, "SELVAGE_HOME is not set. Use the commands in scripts/.");
        }
        return new Host(Path.of(home), UserDirectory.of(environment), environment);
    }

    /**
     * With the keytab of conf/selvage.yaml, if there is one, where tickets are needed: else nothing needs that file.
     */
    SelvageClient connect(Console console) {
        return connect(this::login, console, false);
    }

    /** Likewise, for a command that puts something into HDFS. */
    SelvageClient connectForFiles(Console console) {
        return connect(this::login, console, true);
    }

    /** For such a command, with the keytab of these settings, if there is one. */
    SelvageClient connectForFiles(Configuration settings, Console console) {
        Login login = Login.of(KerberosConfig.from(settings));
        return connect(hadoop -> login, console, true);
    }

    private Login login(YarnConfiguration hadoop) {
        return Login.isTicketNeeded(hadoop) && !Login.isForAnother()
                ? Login.of(KerberosConfig.from(settings()))
                : Login.OWN;
    }

    private SelvageClient connect(Function<YarnConfiguration, Login> login, Console console, boolean isForFiles) {
        Path hadoopFolder = HadoopFolder.find(environment).path();
        ConnectionWarmUp.ofMaster();
        return SelvageClient.of(home, hadoopFolder, userDirectory, login, console::say, isForFiles);
    }

    /** What lies in HDFS, without YARN. */
    StateFiles stateFiles() {
        return StateFiles.of(HadoopFolder.find(environment).path());
    }

    /** The session that the option names, else the newest that runs. */
    Session session(SelvageClient client, @Nullable String id) {
        return id == null ? client.newestSession() : client.session(id);
    }

    /**
     * As {@link #session(SelvageClient, String)}, but for a job: the application that is for it alone, else the newest
     * session that takes jobs, as an application for another job can't have it.
     */
    Session sessionOf(SelvageClient client, @Nullable String id, @Nullable String jobId) {
        return id == null && jobId != null
                ? client.applicationOf(jobId).orElseGet(client::newestSessionForJobs)
                : session(client, id);
    }

    /** The session that is named, else the newest that runs and takes jobs. */
    Session sessionForJobs(SelvageClient client, @Nullable String id) {
        return id == null ? client.newestSessionForJobs() : client.session(id);
    }

    /** conf/selvage.yaml, if there is one. */
    Configuration settings() {
        Path file = home.resolve("conf").resolve("selvage.yaml");
        Configuration defaults = Configuration.defaults();
        return Files.exists(file) ? defaults.withYaml(file) : defaults;
    }

    /** Where the script has the commands log to. */
    static Path logFile(Map<String, String> environment) {
        return UserDirectory.of(environment).resolve("logs").resolve("client.log");
    }
}
