package io.selvage.master.main;

import io.selvage.master.control.ControlServer;
import io.selvage.master.event.FinalStatus;
import io.selvage.master.event.MasterAction;
import io.selvage.master.event.MasterEvent;
import io.selvage.master.journal.JournalWriter;
import io.selvage.master.loop.Inbox;
import io.selvage.master.loop.Questions;
import io.selvage.master.storage.MasterStorage;
import io.selvage.master.storage.StorageActions;
import io.selvage.master.yarn.YarnCluster;
import java.io.IOException;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Owned by the loop: hands each action to the adapter that carries it out. Nothing here blocks. */
final class Actions extends StorageActions {
    private static final Logger LOG = LoggerFactory.getLogger("io.selvage.master.decision");

    private final Inbox inbox;
    private final Questions questions;
    private final JournalWriter journal;
    private final ControlServer control;
    private final YarnCluster yarn;
    private final ProcessEnd end;

    Actions(
            Inbox inbox,
            Questions questions,
            JournalWriter journal,
            MasterStorage storage,
            ControlServer control,
            YarnCluster yarn,
            ProcessEnd end) {
        super(storage);
        this.inbox = inbox;
        this.questions = questions;
        this.journal = journal;
        this.control = control;
        this.yarn = yarn;
        this.end = end;
    }

    @Override
    public void perform(MasterAction.AppendToJournal action) {
        journal.append(action);
    }

    @Override
    public void perform(MasterAction.ConfirmLeadership action) {
        journal.confirm(action);
    }

    @Override
    public void perform(MasterAction.Send action) {
        control.send(action);
    }

    @Override
    public void perform(MasterAction.Disconnect action) {
        control.disconnect(action);
    }

    @Override
    public void perform(MasterAction.Reply action) {
        questions.answer(action.request(), action.response());
    }

    @Override
    public void perform(MasterAction.RequestContainers action) {
        yarn.requestContainers(action);
    }

    @Override
    public void perform(MasterAction.WithdrawRequests action) {
        yarn.withdrawRequests(action.count());
    }

    @Override
    public void perform(MasterAction.AvoidNodes action) {
        yarn.avoid(action);
    }

    @Override
    public void perform(MasterAction.LaunchExecutor action) {
        yarn.launch(action);
    }

    @Override
    public void perform(MasterAction.ReleaseContainer action) {
        yarn.release(action.executor());
    }

    @Override
    public void perform(MasterAction.Unregister action) {
        Thread thread = new Thread(() -> unregister(action), "master-unregister");
        thread.setDaemon(true);
        thread.start();
    }

    private void unregister(MasterAction.Unregister action) {
        try {
            yarn.unregister(yarns(action.status()), action.diagnostics());
            inbox.post(new MasterEvent.Unregistered());
        } catch (IOException failed) {
            LOG.error("The session has ended, and YARN could not be told.", failed);
            inbox.post(new MasterEvent.ResourceManagerLost(
                    "The session has ended, and YARN could not be told: " + failed.getMessage()));
        }
    }

    private static FinalApplicationStatus yarns(FinalStatus status) {
        return switch (status) {
            case SUCCEEDED -> FinalApplicationStatus.SUCCEEDED;
            case FAILED -> FinalApplicationStatus.FAILED;
            case KILLED -> FinalApplicationStatus.KILLED;
        };
    }

    @Override
    public void perform(MasterAction.FailProcess action) {
        SelfInflicted.begin(action.kind());
    }

    @Override
    public void perform(MasterAction.ExitProcess action) {
        end.end(action.code(), action.reason());
    }

    @Override
    public void perform(MasterAction.Note action) {
        LOG.info(action.line());
    }
}
