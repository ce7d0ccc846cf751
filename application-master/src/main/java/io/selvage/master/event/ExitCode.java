package io.selvage.master.event;

/**
 * How the master's process ends; {@code docs/operations.md} lists the same.
 *
 * <table>
 * <caption>Exit codes of the master</caption>
 * <tr><th>code</th><th>name</th><th>what happened</th><th>what to do</th></tr>
 * <tr><td>0</td><td>STOPPED</td><td>the session was stopped, or its one job has ended</td><td>nothing</td></tr>
 * <tr><td>3</td><td>OUT_OF_MEMORY</td><td>no memory is left; the status with which the JVM itself ends then</td>
 * <td>raise selvage.master.memory; the next attempt goes on from the journal</td></tr>
 * <tr><td>20</td><td>BAD_CONFIGURATION</td><td>selvage-session.pb, a setting or the container's environment is
 * missing or not allowed</td><td>open a new session with the setting that the log names corrected</td></tr>
 * <tr><td>21</td><td>NO_IDENTITY</td><td>the container's credentials hold no identity of the application</td>
 * <td>open the session with Selvage's own client</td></tr>
 * <tr><td>22</td><td>STATE_ROOT_UNAVAILABLE</td><td>the state root in HDFS can't be read or written, or the file
 * system is no arbiter</td><td>check HDFS and the permissions of selvage.state.root; YARN tries again</td></tr>
 * <tr><td>23</td><td>FENCED</td><td>a newer attempt of the master has taken over</td><td>nothing: this is how the
 * older one ends</td></tr>
 * <tr><td>24</td><td>JOURNAL_UNAVAILABLE</td><td>a record could not be written to the journal for too long</td>
 * <td>check HDFS; YARN starts the next attempt, which goes on from the journal</td></tr>
 * <tr><td>25</td><td>RESOURCE_MANAGER_LOST</td><td>the ResourceManager refused this attempt or can't be reached</td>
 * <td>check the ResourceManager's log; YARN starts the next attempt</td></tr>
 * <tr><td>26</td><td>PORT_UNAVAILABLE</td><td>no port could be opened on the container's host</td><td>check
 * selvage.network.bind-host and the host's free ports</td></tr>
 * <tr><td>27</td><td>OVERLOADED</td><td>a bounded queue inside the master ran full</td><td>file an issue with the
 * log</td></tr>
 * <tr><td>28</td><td>BROKEN_INVARIANT</td><td>the master met a state that must not exist; the log holds the
 * values</td><td>file an issue with the log; the next attempt goes on from the journal</td></tr>
 * <tr><td>29</td><td>LOGIN_REFUSED</td><td>Kerberos does not let the master log in with its keytab</td><td>check that the
 * keytab holds the principal's present keys, and that the nodes reach the key distribution center</td></tr>
 * </table>
 */
public enum ExitCode {
    STOPPED(0),
    OUT_OF_MEMORY(3),
    BAD_CONFIGURATION(20),
    NO_IDENTITY(21),
    STATE_ROOT_UNAVAILABLE(22),
    FENCED(23),
    JOURNAL_UNAVAILABLE(24),
    RESOURCE_MANAGER_LOST(25),
    PORT_UNAVAILABLE(26),
    OVERLOADED(27),
    BROKEN_INVARIANT(28),
    LOGIN_REFUSED(29);

    private final int code;

    ExitCode(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }
}
