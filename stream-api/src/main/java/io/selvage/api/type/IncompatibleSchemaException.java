package io.selvage.api.type;

import java.util.ArrayList;
import java.util.List;

/**
 * What was written under one schema can't be read under another; the message is the part of a sentence that says why.
 */
public final class IncompatibleSchemaException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ArrayList<String> path; // Components of records, from the outermost in; empty: the whole.
    private final String reason;

    private IncompatibleSchemaException(List<String> path, String reason) {
        super((path.isEmpty() ? "it " : "its component " + String.join(".", path) + " ") + reason);
        this.path = new ArrayList<>(path);
        this.reason = reason;
    }

    public IncompatibleSchemaException(String written, String declared) {
        this(List.of(), "was written as " + written + " and is now " + declared);
    }

    /** Of what was written and is not wanted any more. */
    static IncompatibleSchemaException notPassedOver(String written) {
        return new IncompatibleSchemaException(
                List.of(),
                "was written as " + written + ", a format that can't be passed over, and is not there any more");
    }

    /** The same of what it is a part of. */
    IncompatibleSchemaException within(String component) {
        List<String> longer = new ArrayList<>(List.of(component));
        longer.addAll(path);
        return new IncompatibleSchemaException(longer, reason);
    }
}
