package io.selvage.client.cli;

import io.selvage.client.Session;
import io.selvage.client.connect.ContainerLogs;
import io.selvage.client.connect.ContainerLogs.Places;
import io.selvage.client.connect.MasterAbsentException;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.threads.SubtaskThread;
import io.selvage.protocol.wire.ExecutorDescription;
import io.selvage.protocol.wire.JobDescription;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The logs of one session that a command is to follow, as the cluster tells of them; owned by the command's thread. */
final class LogSight implements LogFollow.Sight {
    private final ContainerLogs logs;
    private final String application;
    private final String file;
    private final Choice choice;
    private @Nullable Set<String> atFirst; // Containers that ran at the first look.
    private boolean hasEnded;

    /** Which containers' logs are wanted. */
    private interface Choice {
        LogFollow.Wanted of(LogSight sight, Places places);
    }

    private LogSight(ContainerLogs logs, String application, String file, Choice choice) {
        this.logs = logs;
        this.application = application;
        this.file = file;
        this.choice = choice;
    }

    /** Of whichever container is the master's. */
    static LogSight ofMaster(ContainerLogs logs, String application, String file) {
        return new LogSight(logs, application, file, (sight, places) -> {
            String master = places.master();
            return sight.wanted(places, master == null ? List.of() : List.of(master), "a master", null);
        });
    }

    /** Of one container, until it ends. */
    static LogSight ofContainer(ContainerLogs logs, String application, String file, String container) {
        return new LogSight(logs, application, file, (sight, places) -> {
            boolean isThere = places.nodes().containsKey(container);
            if (!isThere && !sight.wasThereAtFirst(container)) {
                throw ContainerLogs.notShown(application, container, ContainerLogs.HAS_ENDED);
            }
            return sight.wanted(places, isThere ? List.of(container) : List.of(), "", null);
        });
    }

    /** Of all containers that run, or have run, a part of the job meanwhile, until it ends. */
    static LogSight ofJob(ContainerLogs logs, Session session, String file, String jobId) {
        return new LogSight(logs, session.applicationId(), file, new OfJob(session, jobId));
    }

    private static final class OfJob implements Choice {
        private final Session session;
        private final String jobId;
        private final JobExecutors executors = new JobExecutors();

        OfJob(Session session, String jobId) {
            this.session = session;
            this.jobId = jobId;
        }

        /** Without a master, it is as it was: containers outlive it, and the next one tells more. */
        @Override
        public LogFollow.Wanted of(LogSight sight, Places places) {
            @Nullable String end = look(places);
            return sight.wanted(places, executors.found(), "an executor that runs a part of " + jobId, end);
        }

        private @Nullable String look(Places places) {
            try {
                Session.Status status = session.look();
                List<String> busy = status.session().getExecutorsList().stream()
                        .filter(each -> each.getBusySlots() > 0)
                        .map(ExecutorDescription::getExecutorId)
                        .filter(places.nodes()::containsKey)
                        .toList();
                executors.look(busy, this::runsPart, System.nanoTime());
                Optional<JobDescription> job = status.jobs().stream()
                        .filter(each -> each.getJobId().equals(jobId))
                        .findFirst();
                return job.isEmpty() || Session.isEnd(job.get().getPhase())
                        ? "The job " + jobId + " has ended"
                                + job.map(each -> ": it is " + Words.phase(each.getPhase()))
                                        .orElse("")
                                + "."
                        : null;
            } catch (MasterAbsentException between) {
                return null;
            } catch (ClientException ended) {
                if (ended.exitCode() == ExitCode.NO_SESSION) {
                    return null; // As the next look at the session tells.
                }
                throw ended;
            }
        }

        private Optional<Boolean> runsPart(String executor) throws MasterAbsentException {
            var answer = session.lookAtThreads(executor, SubtaskThread.prefixOf(jobId), true);
            return answer.getSilence().isEmpty()
                    ? Optional.of(answer.getDump().getThreadsCount() > 0)
                    : Optional.empty();
        }
    }

    @Override
    public LogFollow.Wanted wanted() {
        Places places = places();
        if (places.end() != null) {
            hasEnded = true;
            return new LogFollow.Wanted(
                    List.of(),
                    "",
                    "The session " + application + " has ended: " + places.end().strip());
        }
        LogFollow.Wanted wanted = choice.of(this, places);
        if (atFirst == null) {
            atFirst = Set.copyOf(places.nodes().keySet());
        }
        return wanted;
    }

    private Places places() {
        try {
            return logs.places(application);
        } catch (ClientException forgotten) {
            if (forgotten.exitCode() != ExitCode.NO_SESSION || atFirst == null) {
                throw forgotten;
            }
            return new Places("YARN does not know it any more.", null, Map.of());
        }
    }

    private boolean wasThereAtFirst(String container) {
        return atFirst != null && atFirst.contains(container);
    }

    private LogFollow.Wanted wanted(
            Places places, Collection<String> containers, String waitsFor, @Nullable String end) {
        List<LogFollow.Source> sources = new ArrayList<>();
        for (String container : containers) {
            String node = places.nodes().get(container);
            if (node != null) {
                sources.add(new LogFollow.Source(container, node, atFirst != null && !wasThereAtFirst(container)));
            }
        }
        return new LogFollow.Wanted(sources, waitsFor, end);
    }

    @Override
    public ContainerLogs.Look onNode(LogFollow.Source source, int bytes) {
        return logs.onNode(source.node(), source.container(), file, bytes);
    }

    @Override
    public ContainerLogs.Look collected(LogFollow.Source source, int bytes) {
        return hasEnded
                ? logs.collected(application, source.container(), file, bytes)
                : ContainerLogs.Look.failed("the session has not ended");
    }
}
