package io.selvage.minicluster.soak;

/** What can befall a session and its cluster. */
enum Trouble {
    /** {@code kill -9} of an executor that runs a part of the job. */
    KILL_TASK,
    /** {@code kill -9} of the master. */
    KILL_MASTER,
    /** Both, at the same time. */
    KILL_BOTH,
    /** An executor is held for a while and then goes on, whether it was replaced meanwhile or not. */
    HOLD_TASK,
    /** The same with the master. */
    HOLD_MASTER,
    /** A NodeManager is gone for a while; its containers are not. */
    NODE_MANAGER,
    /** The NameNode is gone for a while. */
    NAME_NODE,
    /** The ResourceManager is gone for a while. */
    RESOURCE_MANAGER
}
