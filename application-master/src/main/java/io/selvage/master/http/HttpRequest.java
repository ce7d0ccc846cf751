package io.selvage.master.http;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * What a client wants, as far as it matters here: its headers say nothing that would change the answer, but have to be
 * headers. Pure.
 *
 * @param path without what follows a question mark, and not decoded: no address here has anything to decode
 */
record HttpRequest(String method, String path) {
    /** The longest request, with its headers and the empty line after them. */
    static final int MAX_BYTES = 8 * 1024;

    private static final Pattern LINE = Pattern.compile("([A-Z]{1,16}) (/[\\x21-\\x7e]*) HTTP/1\\.[01]");
    private static final Pattern HEADER = Pattern.compile("[\\w!#$%&'*+.^`|~-]+:[\\t\\x20-\\x7e\\x80-\\xff]*");

    /** What no client sends that speaks HTTP. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        private final int status;

        Malformed(int status, String message) {
            super(message);
            this.status = status;
        }

        int status() {
            return status;
        }
    }

    /** Where the request ends in the first {@code count} bytes, after its empty line; 0: not yet. */
    static int end(byte[] bytes, int count) {
        for (int i = 3; i < count; i++) {
            if (bytes[i] == '\n' && bytes[i - 1] == '\r' && bytes[i - 2] == '\n' && bytes[i - 3] == '\r') {
                return i + 1;
            }
        }
        return 0;
    }

    /** @param end where {@link #end} has found it */
    static HttpRequest parse(byte[] bytes, int end) throws Malformed {
        String[] lines = new String(bytes, 0, end, StandardCharsets.ISO_8859_1).split("\r\n", -1);
        var line = LINE.matcher(lines[0]);
        if (!line.matches()) {
            throw new Malformed(400, "its first line is not that of an HTTP request");
        }
        for (int i = 1; i < lines.length - 2; i++) {
            if (!HEADER.matcher(lines[i]).matches()) {
                throw new Malformed(400, "its line " + (i + 1) + " is no header");
            }
        }
        String target = line.group(2);
        int query = target.indexOf('?');
        return new HttpRequest(line.group(1), query < 0 ? target : target.substring(0, query));
    }
}
