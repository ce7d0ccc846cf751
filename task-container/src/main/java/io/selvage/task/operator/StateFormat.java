package io.selvage.task.operator;

/** Version bytes at the head of operator states. */
final class StateFormat {
    private StateFormat() {}

    static void check(byte found, int known, String what) {
        if (found != known) {
            throw new IllegalStateException("The checkpoint's " + what + " has format " + found
                    + ", and this version of Selvage reads format " + known + " only. Use the version that wrote it.");
        }
    }
}
