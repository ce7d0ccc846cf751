package io.selvage.client.doctor;

import io.selvage.checkpoint.orphan.Findings;
import io.selvage.checkpoint.orphan.Orphan;
import io.selvage.checkpoint.store.DurableStore;
import io.selvage.checkpoint.store.StoreRefusedException;
import io.selvage.client.SelvageClient;
import io.selvage.client.connect.DaemonPage;
import io.selvage.client.connect.HadoopFolder;
import io.selvage.client.connect.Hdfs;
import io.selvage.client.connect.Login;
import io.selvage.client.connect.Waiting;
import io.selvage.client.connect.Yarn;
import io.selvage.client.deploy.AttemptCap;
import io.selvage.client.deploy.ClusterLimits;
import io.selvage.client.deploy.ClusterResources;
import io.selvage.client.deploy.Distribution;
import io.selvage.client.deploy.Queues;
import io.selvage.client.deploy.SharedRuntime;
import io.selvage.client.deploy.Shipment;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.ConfigException;
import io.selvage.protocol.config.Configuration;
import io.selvage.protocol.config.JobConfig;
import io.selvage.protocol.config.KerberosConfig;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.failure.FailureWords;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.yarn.api.records.NodeReport;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks whether sessions can be opened from this host, on the calling thread: one check after the other, whatever the
 * ones before have found. What it makes in HDFS to see whether it can, it deletes.
 */
public final class Doctor {
    private static final Logger LOG = LoggerFactory.getLogger(Doctor.class);

    private final Path home;
    private final Path userDirectory;
    private final Map<String, String> environment;
    private final Consumer<Finding> told;

    /**
     * @param home where Selvage is installed
     * @param userDirectory where the user's session files are
     * @param told each finding as soon as it is made
     */
    public Doctor(Path home, Path userDirectory, Map<String, String> environment, Consumer<Finding> told) {
        this.home = home;
        this.userDirectory = userDirectory;
        this.environment = Map.copyOf(environment);
        this.told = told;
    }

    /** @param wanted answers what a session would be opened with, or refuses it */
    public void examine(Callable<Configuration> wanted) {
        told.accept(Judgement.java(Runtime.version().feature(), System.getProperty("java.home", "?")));
        Optional<Configuration> settings = attempt("settings", () -> {
            Configuration configuration = wanted.call();
            JobConfig.from(configuration);
            SessionConfig.from(configuration);
            return configuration;
        });
        settings.ifPresent(
                fine -> told.accept(Finding.ok("settings", "they fit together; see them with selvage config")));
        Optional<HadoopFolder> folder = attempt("Hadoop configuration", () -> HadoopFolder.find(environment));
        folder.ifPresent(found -> told.accept(Judgement.hadoopFiles(found.path(), namesOf(found))));
        if (folder.isEmpty() || settings.isEmpty()) {
            told.accept(notChecked("HDFS and YARN", "what is said above is in the way"));
            return;
        }
        SessionConfig session = SessionConfig.from(settings.get());
        shipment(session);
        YarnConfiguration hadoop = folder.get().configuration();
        UserGroupInformation.setConfiguration(hadoop);
        kerberos(hadoop, session);
        boolean rootIsThere = hdfs(hadoop, session, settings.get().get(SessionConfig.LIBRARY_ROOT));
        boolean managerIsThere = yarn(hadoop, session);
        if (rootIsThere && managerIsThere) {
            leftovers(folder.get(), session);
        }
    }

    private static Set<String> namesOf(HadoopFolder folder) {
        return folder.files().stream()
                .map(file -> String.valueOf(file.getFileName()))
                .collect(Collectors.toSet());
    }

    /** Says nothing if there is nothing to ship. */
    private void shipment(SessionConfig session) {
        attempt("files to ship", () -> Shipment.of(session.application()))
                .filter(shipment -> !shipment.isEmpty())
                .ifPresent(shipment -> told.accept(Finding.ok(
                        "files to ship",
                        shipment.files().size() + " files, "
                                + shipment.folders().size() + " folders and "
                                + shipment.jars().size() + " jars can be read")));
    }

    /** Says nothing where nobody asks for a ticket, and no keytab is named. */
    private void kerberos(YarnConfiguration hadoop, SessionConfig session) {
        KerberosConfig kerberos = session.kerberos();
        if (!Login.isTicketNeeded(hadoop) && !kerberos.hasKeytab()) {
            return;
        }
        long beforeMillis = System.currentTimeMillis();
        Optional<Ticket> ticket = attempt("Kerberos", () -> {
                    Login.of(kerberos).perform(hadoop);
                    return Ticket.ofLogin();
                })
                .flatMap(held -> held);
        long afterMillis = System.currentTimeMillis();
        ticket.ifPresent(held -> {
            told.accept(Judgement.ticket(held, kerberos.hasKeytab(), afterMillis));
            if (kerberos.hasKeytab()) {
                told.accept(Judgement.clock(
                        "clock of Kerberos",
                        "the clock of the key distribution center",
                        beforeMillis,
                        held.givenMillis(),
                        afterMillis,
                        Ticket.CLOCK_TOLERANCE_MILLIS));
            }
        });
    }

    /** Answers whether there is a state root, which can have been there before only. */
    private boolean hdfs(YarnConfiguration hadoop, SessionConfig session, String libraryRoot) {
        Optional<Hdfs> connected = attempt("HDFS", () -> Hdfs.connect(hadoop, session.stateRoot()));
        Optional<List<String>> missing = connected.flatMap(hdfs -> attempt("HDFS", hdfs::missingDirectories));
        if (connected.isEmpty() || missing.isEmpty()) {
            told.accept(notChecked("state root, store, clock of HDFS, shared runtime", "HDFS does not answer"));
            return false;
        }
        Hdfs hdfs = connected.get();
        told.accept(Finding.ok("HDFS", "answers; authentication is " + hadoop.get("hadoop.security.authentication")));
        sharedRuntime(hadoop, libraryRoot);
        try {
            attempt("state root", () -> {
                        hdfs.proveWritable();
                        return Finding.ok(
                                "state root",
                                hdfs.stateRoot() + " can be written"
                                        + (missing.get().isEmpty() ? "" : "; the first session makes it"));
                    })
                    .ifPresentOrElse(
                            writable -> {
                                told.accept(writable);
                                store(hadoop, hdfs);
                            },
                            () -> told.accept(notChecked("store, clock of HDFS", "the state root can't be written")));
        } finally {
            if (!missing.get().isEmpty()) {
                attempt("state root", () -> {
                    hdfs.deleteEmpty(missing.get());
                    return true;
                });
            }
        }
        return missing.get().isEmpty();
    }

    /** Says nothing where each user has his own. */
    private void sharedRuntime(YarnConfiguration hadoop, String root) {
        if (root.isEmpty()) {
            return;
        }
        attempt(Judgement.SHARED_RUNTIME, () -> {
                    try {
                        return Judgement.sharedRuntime(
                                root,
                                SharedRuntime.look(
                                        root,
                                        hadoop,
                                        Distribution.at(home),
                                        userDirectory.resolve("cache"),
                                        userDirectory.resolve("library-hashes")));
                    } catch (IOException | IllegalArgumentException unanswered) {
                        LOG.warn("The shared runtime could not be looked at.", unanswered);
                        return Judgement.sharedRuntimeUnanswered(root, FailureWords.firstLine(unanswered));
                    }
                })
                .ifPresent(told);
    }

    private void store(YarnConfiguration hadoop, Hdfs hdfs) {
        Optional<DurableStore> opened =
                attempt("store", () -> DurableStore.open(new org.apache.hadoop.fs.Path(hdfs.stateRoot()), hadoop));
        opened.ifPresent(store -> {
            attempt("store", () -> {
                        store.proveAtomic();
                        return Finding.ok("store", "of writers who race for a file, exactly one wins");
                    })
                    .ifPresent(told);
            attempt("clock of HDFS", () -> {
                        long beforeMillis = System.currentTimeMillis();
                        long theirMillis = store.nowMillis();
                        return Judgement.clock(
                                "clock of HDFS",
                                "the clock of HDFS",
                                beforeMillis,
                                theirMillis,
                                System.currentTimeMillis(),
                                0);
                    })
                    .ifPresent(told);
        });
    }

    /** Answers whether the ResourceManager does. */
    private boolean yarn(YarnConfiguration hadoop, SessionConfig session) {
        Optional<Yarn> connected = attempt("ResourceManager", () -> Yarn.connect(hadoop, new Waiting(sentence -> {})));
        if (connected.isEmpty()) {
            told.accept(notChecked("queue, containers, nodes", "the ResourceManager does not answer"));
            return false;
        }
        try (Yarn yarn = connected.get()) {
            told.accept(Finding.ok("ResourceManager", "answers at " + yarn.where()));
            Optional<Queues.Choice> queue = attempt("queue", () -> ClusterResources.queueOf(yarn, session));
            if (queue.isPresent()) {
                attempt(
                                "queue",
                                () -> Judgement.queue(
                                        session.queue(),
                                        queue.get(),
                                        UserGroupInformation.getCurrentUser().getShortUserName()))
                        .ifPresent(told);
                attempt("containers", () -> {
                            ClusterLimits limits = ClusterResources.limitsFor(
                                    yarn, session, yarn.newApplication().getNewApplicationResponse());
                            return inQueue(session, limits, queue.get());
                        })
                        .ifPresent(told);
            } else {
                told.accept(notChecked("containers", "there is no queue for them"));
            }
            daemons(hadoop, session, yarn);
        }
        return true;
    }

    private static Finding inQueue(SessionConfig session, ClusterLimits limits, Queues.Choice queue) {
        try {
            limits.check(session, queue.queue());
        } catch (ClientException tooMuch) {
            if (queue.isSure()) {
                throw tooMuch;
            }
            return Finding.warning(
                    "containers",
                    tooMuch.getMessage() + " Unless YARN's placement rules choose another queue for you.");
        }
        return Judgement.containers(session, limits);
    }

    /** Of the daemons' own settings where they tell them, else of what this host believes that they are. */
    private void daemons(YarnConfiguration hadoop, SessionConfig session, Yarn yarn) {
        String scheme = Yarn.pageScheme(hadoop);
        Optional<DaemonPage> manager = attempt("clock of YARN", () -> DaemonPage.ofResourceManager(hadoop))
                .flatMap(page -> page);
        Optional<NodeReport> aNode =
                attempt("nodes", () -> yarn.runningNodes().stream().findFirst()).flatMap(node -> node);
        Optional<DaemonPage> node = aNode.flatMap(
                        report -> attempt("memory checks", () -> DaemonPage.of(scheme + report.getHttpAddress())))
                .flatMap(page -> page);
        org.apache.hadoop.conf.Configuration managers =
                manager.map(DaemonPage::settings).orElse(hadoop);
        org.apache.hadoop.conf.Configuration nodes =
                node.map(DaemonPage::settings).orElse(hadoop);
        String where = node.isPresent()
                ? "settings of " + aNode.map(NodeReport::getHttpAddress).orElse("a node")
                : "by yarn-site.xml of this host; nodes may have others";
        told.accept(Judgement.attempts(session.maxAttempts(), AttemptCap.effective(session, managers)));
        manager.ifPresent(page -> page.clockMillis()
                .ifPresent(theirs -> told.accept(Judgement.clock(
                        "clock of YARN",
                        "the ResourceManager's clock",
                        page.beforeMillis(),
                        theirs,
                        page.afterMillis(),
                        DaemonPage.CLOCK_TOLERANCE_MILLIS))));
        told.accept(Judgement.memoryChecks(nodes, where));
        told.accept(Judgement.restarts(managers, nodes, where));
        told.accept(Judgement.logs(nodes, where));
    }

    private void leftovers(HadoopFolder folder, SessionConfig session) {
        attempt("leftovers", () -> {
                    try (SelvageClient client = SelvageClient.of(home, folder.path(), userDirectory)) {
                        Findings findings = client.orphans(session.stateRoot()).find();
                        return Judgement.leftovers(
                                findings.orphans().size(),
                                findings.orphans().stream()
                                        .mapToLong(Orphan::bytes)
                                        .sum(),
                                findings.notes());
                    }
                })
                .ifPresent(told);
    }

    private static Finding notChecked(String check, String why) {
        return Finding.warning(check, "not checked: " + why + ".");
    }

    /** What a check meets is its finding; only whoever has interrupted it is obeyed. */
    private <T> Optional<T> attempt(String check, Callable<T> look) {
        try {
            return Optional.of(look.call());
        } catch (ClientException sentence) {
            if (sentence.exitCode() == ExitCode.INTERRUPTED) {
                throw sentence;
            }
            told.accept(Finding.problem(check, String.valueOf(sentence.getMessage())));
        } catch (ConfigException | StoreRefusedException sentence) {
            told.accept(Finding.problem(check, String.valueOf(sentence.getMessage())));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ClientException(ExitCode.INTERRUPTED, "Interrupted.", interrupted);
        } catch (Exception failed) {
            LOG.warn("The check \"{}\" failed.", check, failed);
            told.accept(Finding.problem(
                    check,
                    "it could not be looked at: " + FailureWords.sentence(failed) + " See the log of this command."));
        }
        return Optional.empty();
    }
}
