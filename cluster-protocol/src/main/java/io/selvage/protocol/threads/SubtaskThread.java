package io.selvage.protocol.threads;

/** How the thread of a subtask is called, by the executor that starts it and by those who ask what it does; pure. */
public final class SubtaskThread {
    private SubtaskThread() {}

    /** @param vertex the vertex's name, which a job has once */
    public static String nameOf(String job, String vertex, int index) {
        return prefixOf(job) + vertex + " " + index;
    }

    /** What the names of all subtasks' threads of a job begin with, and no other's. */
    public static String prefixOf(String job) {
        return job + " ";
    }
}
