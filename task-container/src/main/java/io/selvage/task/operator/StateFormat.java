package io.selvage.task.operator;

/** Version bytes at the head of operator states. */
final class StateFormat {
    private StateFormat() {}

    static void check(byte found, int known, String what) {
        check(found, known, known, what);
    }

    /** The same of what was written in another way before. */
    static void check(byte found, int oldest, int newest, String what) {
        if (found < oldest || found > newest) {
            String known = oldest == newest ? "format " + newest + " only" : "formats " + oldest + " to " + newest;
            throw new IllegalStateException("The checkpoint's " + what + " has format " + found
                    + ", and this version of Selvage reads " + known + ". Use the version that wrote it.");
        }
    }
}
