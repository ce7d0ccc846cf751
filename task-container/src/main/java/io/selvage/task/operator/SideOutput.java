package io.selvage.task.operator;

/** Takes the elements of one side output. One thread. */
public interface SideOutput extends ElementReceiver {
    /** Of the elements, as those who read them expect. */
    String schema();
}
