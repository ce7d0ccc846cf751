package io.selvage.task.exchange;

import io.selvage.protocol.id.ExecutorId;
import org.jspecify.annotations.Nullable;

/**
 * Why a channel can't go on.
 *
 * @param reason a sentence that names the peer
 * @param lostPeer the executor whose process or host is gone, as far as this end can tell; null: the cause is another
 */
public record ChannelFailure(String reason, @Nullable ExecutorId lostPeer) {
    public static ChannelFailure of(String reason) {
        return new ChannelFailure(reason, null);
    }
}
