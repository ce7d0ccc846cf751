package io.selvage.protocol.config;

import java.util.regex.Pattern;

/**
 * The settings of one prefix whose last part is the name of an environment variable, as in
 * {@code selvage.master.env.NAME}; of the session, since processes get them when they are started.
 *
 * @param prefix without the dot before the variable's name
 * @param meaning one sentence for the documentation
 */
public record EnvironmentKeys(String prefix, String meaning) implements NamedKeys {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    /** What YARN or the session itself sets: a value that is passed over, or breaks a process, helps nobody. */
    private static final Pattern TAKEN = Pattern.compile(
            "CLASSPATH|HADOOP_USER_NAME|HADOOP_TOKEN_FILE_LOCATION|CONTAINER_ID|NM_.*|LOCAL_DIRS|LOG_DIRS"
                    + "|APPLICATION_WEB_PROXY_BASE|PWD|HOME|USER|LOGNAME|SELVAGE_.*");

    /** YARN puts a value between quotation marks in a shell script; a $ is expanded there. */
    private static final ValueType<String> VALUE = ValueType.text(
            "text without quotation marks, backquotes, backslashes and line breaks",
            Pattern.compile("[^\"`\\\\\\p{Cntrl}]*"));

    @Override
    public String unit() {
        return VALUE.unit();
    }

    @Override
    public ConfigKey<?> keyOrThrow(String variable, String origin) {
        String key = prefix + "." + variable;
        if (!NAME.matcher(variable).matches()) {
            throw new ConfigException(key + " (" + origin + ") names no environment variable: \"" + variable
                    + "\" must be letters, digits and _, and not begin with a digit.");
        }
        if (TAKEN.matcher(variable).matches()) {
            throw new ConfigException(
                    key + " (" + origin + ") can't be set: " + variable + " is set by YARN or by the session itself.");
        }
        return ConfigKey.session(key, VALUE, "", meaning);
    }
}
