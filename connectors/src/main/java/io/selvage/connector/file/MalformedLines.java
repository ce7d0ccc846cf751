package io.selvage.connector.file;

/** What becomes of a line that does not have the expected form. */
public enum MalformedLines {
    /** The job fails and names file, line, column and value. */
    FAIL,
    /** The line is passed over and counted. */
    SKIP
}
