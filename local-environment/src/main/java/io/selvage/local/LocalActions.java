package io.selvage.local;

import io.selvage.master.event.ExitCode;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.loop.Inbox;
import io.selvage.master.loop.Questions;
import io.selvage.master.storage.MasterStorage;
import io.selvage.master.storage.StorageActions;
import io.selvage.protocol.id.ExecutorId;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by the master's loop. What a cluster does for a master, done in this process: containers are there at once, and
 * the journal needs no place, since no other master will ever read it.
 */
final class LocalActions extends StorageActions {
    private static final String NODE = "local";
    private static final Logger LOG = LoggerFactory.getLogger("io.selvage.local.decision");

    private final Inbox inbox;
    private final Questions questions;
    private final Function<ExecutorId, LocalExecutor> executors;
    private final BiConsumer<ExitCode, String> end;
    private @Nullable LocalExecutor executor; // null: none runs.
    private int containers;

    /**
     * @param executors starts one
     * @param end told how the master has ended
     */
    LocalActions(
            Inbox inbox,
            Questions questions,
            MasterStorage storage,
            Function<ExecutorId, LocalExecutor> executors,
            BiConsumer<ExitCode, String> end) {
        super(storage);
        this.inbox = inbox;
        this.questions = questions;
        this.executors = executors;
        this.end = end;
    }

    @Override
    public void perform(MasterAction.AppendToJournal action) {
        inbox.post(new MasterEvent.JournalAppended(action.append()));
    }

    @Override
    public void perform(MasterAction.ConfirmLeadership action) {
        inbox.post(new MasterEvent.JournalAppended(action.append()));
    }

    @Override
    public void perform(MasterAction.Send action) {
        if (executor != null) {
            executor.tell(action.message());
        }
    }

    @Override
    public void perform(MasterAction.Disconnect action) {
        if (executor != null) {
            executor.disconnect(action.reason());
        }
    }

    @Override
    public void perform(MasterAction.Reply action) {
        questions.answer(action.request(), action.response());
    }

    @Override
    public void perform(MasterAction.RequestContainers action) {
        for (int i = 0; i < action.count(); i++) {
            containers++;
            inbox.post(new MasterEvent.ContainerAllocated(new ExecutorId("local-" + containers), NODE));
        }
    }

    @Override
    public void perform(MasterAction.WithdrawRequests action) {
        // They are met at once.
    }

    @Override
    public void perform(MasterAction.AvoidNodes action) {
        throw new IllegalStateException("There is one node: " + action);
    }

    @Override
    public void perform(MasterAction.LaunchExecutor action) {
        executor = executors.apply(action.executor());
    }

    @Override
    public void perform(MasterAction.ReleaseContainer action) {
        LocalExecutor released = executor;
        if (released != null) {
            released.end();
            executor = null;
        }
        inbox.post(new MasterEvent.ContainerCompleted(action.executor(), 0, action.reason()));
    }

    @Override
    public void perform(MasterAction.Unregister action) {
        inbox.post(new MasterEvent.Unregistered());
    }

    @Override
    public void perform(MasterAction.FailProcess action) {
        throw new IllegalStateException("nobody drills a local environment, and yet: " + action);
    }

    @Override
    public void perform(MasterAction.ExitProcess action) {
        end.accept(action.code(), action.reason());
    }

    @Override
    public void perform(MasterAction.Note action) {
        LOG.debug(action.line());
    }
}
