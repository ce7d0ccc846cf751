package acme;

import io.selvage.api.StreamEnvironment;

/** Mains that behave, and mains that don't. */
public final class Programs {
    private Programs() {}

    /** Runs the job that its argument names. */
    public static final class Good {
        private Good() {}

        public static void main(String[] arguments) {
            StreamEnvironment env = StreamEnvironment.create();
            env.set("selvage.checkpoint.interval", "1s");
            env.from(new Numbers(false), "numbers").sinkTo(new Nowhere(), "nowhere");
            env.execute(arguments[0]);
        }
    }

    /** Breaks with a cause. */
    public static final class Throwing {
        private Throwing() {}

        public static void main(String[] arguments) {
            throw new IllegalStateException("no breakfast", new ArithmeticException("0 eggs"));
        }
    }

    /** Forgets to execute. */
    public static final class Forgetful {
        private Forgetful() {}

        public static void main(String[] arguments) {
            StreamEnvironment.create().from(new Numbers(false), "numbers").sinkTo(new Nowhere(), "nowhere");
        }
    }

    /** Has no sink. */
    public static final class Sinkless {
        private Sinkless() {}

        public static void main(String[] arguments) {
            StreamEnvironment env = StreamEnvironment.create();
            env.from(new Numbers(false), "numbers");
            env.execute("sinkless");
        }
    }

    /** Uses one uid twice. */
    public static final class Twice {
        private Twice() {}

        public static void main(String[] arguments) {
            StreamEnvironment env = StreamEnvironment.create();
            env.from(new Numbers(false), "numbers").sinkTo(new Nowhere(), "numbers");
            env.execute("twice");
        }
    }

    /** Reads what is not there. */
    public static final class Missing {
        private Missing() {}

        public static void main(String[] arguments) {
            StreamEnvironment env = StreamEnvironment.create();
            env.from(new Numbers(true), "numbers").sinkTo(new Nowhere(), "nowhere");
            env.execute("missing");
        }
    }

    /** Sets a key that does not exist. */
    public static final class Mistyped {
        private Mistyped() {}

        public static void main(String[] arguments) {
            StreamEnvironment env = StreamEnvironment.create();
            env.set("selvage.checkpoint.intervals", "1s");
            env.from(new Numbers(false), "numbers").sinkTo(new Nowhere(), "nowhere");
            env.execute("mistyped");
        }
    }

    /** Is no program. */
    public static final class NoMain {
        private NoMain() {}

        public void main(String[] arguments) {}
    }
}
