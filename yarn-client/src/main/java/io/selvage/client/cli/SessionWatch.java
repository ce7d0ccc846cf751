package io.selvage.client.cli;

import io.selvage.client.Session;
import io.selvage.client.connect.MasterAbsentException;
import io.selvage.client.connect.SessionState;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;

/** Shows a session for as long as somebody stays with it; owned by the thread that does. */
final class SessionWatch {
    private static final String STOP = "stop";

    private final Sight session;
    private final Console console;
    private final SessionLine line;
    private final long pollMillis;

    /** What there is to see of a session; each is asked once, and may fail with {@link ClientException}. */
    interface Sight {
        SessionState state();

        Session.Status look() throws MasterAbsentException;
    }

    /** Why somebody no longer watches. */
    enum End {
        /** The session has ended. */
        SESSION_ENDED,
        /** The person at the terminal wants it to be stopped. */
        STOP_WANTED
    }

    private record Open(Session session) implements Sight {
        @Override
        public SessionState state() {
            return session.lookAtState();
        }

        @Override
        public Session.Status look() throws MasterAbsentException {
            return session.look();
        }
    }

    SessionWatch(Sight session, Console console, long pollMillis) {
        this.session = session;
        this.console = console;
        this.line = new SessionLine(console, System::nanoTime);
        this.pollMillis = pollMillis;
    }

    static SessionWatch of(Session session, Console console, long pollMillis) {
        return new SessionWatch(new Open(session), console, pollMillis);
    }

    End untilEnd() throws InterruptedException {
        while (true) {
            SessionState state = state();
            if (state.hasEnded()) {
                console.clearProgress();
                return End.SESSION_ENDED;
            }
            if (state == SessionState.RUNNING) {
                show();
            }
            String typed = console.typed();
            if (typed.equals(STOP)) {
                return End.STOP_WANTED;
            }
            if (!typed.isEmpty()) {
                console.say("The one word to type here is \"stop\", which stops the session. For all else there is"
                        + " scripts/selvage.");
            }
            Thread.sleep(pollMillis);
        }
    }

    /** A ResourceManager that is away for a while is no reason to leave the session. */
    private SessionState state() {
        try {
            SessionState state = session.state();
            if (state == SessionState.WAITING) {
                line.showAbsent("the session " + state.inWords());
            }
            return state;
        } catch (ClientException unreachable) {
            if (unreachable.exitCode() != ExitCode.NO_CLUSTER) {
                throw unreachable;
            }
            line.showAbsent(String.valueOf(unreachable.getMessage()));
            return SessionState.WAITING;
        }
    }

    private void show() {
        try {
            Session.Status status = session.look();
            line.show(status.session(), status.jobs());
        } catch (MasterAbsentException absent) {
            line.showAbsent(String.valueOf(absent.getMessage()));
        } catch (ClientException unanswered) {
            // If it has just ended, the next look at its state tells.
            if (unanswered.exitCode() != ExitCode.NO_CLUSTER && unanswered.exitCode() != ExitCode.NO_SESSION) {
                throw unanswered;
            }
            line.showAbsent(String.valueOf(unanswered.getMessage()));
        }
    }
}
