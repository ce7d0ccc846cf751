package io.selvage.master.storage;

import io.selvage.master.event.MasterAction;

/** Owned by the loop: hands to the storage what is its, whatever carries out the rest. Nothing here blocks. */
public abstract class StorageActions implements MasterAction.Performer {
    private final MasterStorage storage;

    protected StorageActions(MasterStorage storage) {
        this.storage = storage;
    }

    @Override
    public final void perform(MasterAction.LoadGraph action) {
        storage.loadGraph(action);
    }

    @Override
    public final void perform(MasterAction.ChangeGraph action) {
        storage.changeGraph(action);
    }

    @Override
    public final void perform(MasterAction.WriteMetadata action) {
        storage.writeMetadata(action);
    }

    @Override
    public final void perform(MasterAction.WriteSavepoint action) {
        storage.writeSavepoint(action);
    }

    @Override
    public final void perform(MasterAction.DeleteSavepoint action) {
        storage.deleteSavepoint(action);
    }

    @Override
    public final void perform(MasterAction.SweepCheckpoints action) {
        storage.sweepCheckpoints(action);
    }

    @Override
    public final void perform(MasterAction.RetainCheckpoint action) {
        storage.retainCheckpoint(action);
    }

    @Override
    public final void perform(MasterAction.DeleteClaimed action) {
        storage.deleteClaimed(action);
    }

    @Override
    public final void perform(MasterAction.DeleteJobFiles action) {
        storage.deleteJobFiles(action);
    }

    @Override
    public final void perform(MasterAction.DeleteSessionFiles action) {
        storage.deleteSessionFiles();
    }
}
