package io.selvage.task.executor;

/**
 * How long the preparing thread took for a deployment, step by step.
 *
 * @param beganNanos on the executor's clock
 * @param programNanos for graph and class loader
 * @param metadataNanos for the restored checkpoint's metadata
 * @param wiringNanos for subtasks and channels
 */
record PreparationTimes(long beganNanos, long programNanos, long metadataNanos, long wiringNanos) {}
