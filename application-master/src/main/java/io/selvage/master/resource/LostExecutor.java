package io.selvage.master.resource;

import io.selvage.protocol.id.ExecutorId;

/** An executor whose subtasks are gone; the reason is a sentence. */
public record LostExecutor(ExecutorId executor, String reason) {}
