package io.selvage.master.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** A status and a text. Pure. */
record HttpAnswer(int status, String type, String body) {
    static final String HTML = "text/html; charset=utf-8";
    static final String JSON = "application/json";

    private static final Map<Integer, String> REASONS = Map.of(
            200, "OK",
            400, "Bad Request",
            403, "Forbidden",
            404, "Not Found",
            405, "Method Not Allowed",
            431, "Request Header Fields Too Large",
            500, "Internal Server Error",
            503, "Service Unavailable");

    static HttpAnswer html(int status, String body) {
        return new HttpAnswer(status, HTML, body);
    }

    /** @param head without the body itself, as HEAD has it */
    ByteBuffer encode(boolean head) {
        byte[] content = body.getBytes(StandardCharsets.UTF_8);
        byte[] header = ("HTTP/1.1 " + status + " " + REASONS.get(status) + "\r\n"
                        + "Content-Type: " + type + "\r\n"
                        + "Content-Length: " + content.length + "\r\n"
                        + "Connection: close\r\n"
                        + "Cache-Control: no-store\r\n"
                        + "X-Content-Type-Options: nosniff\r\n"
                        + "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'\r\n"
                        + (status == 405 ? "Allow: GET, HEAD\r\n" : "")
                        + "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        ByteBuffer all = ByteBuffer.allocate(header.length + (head ? 0 : content.length));
        all.put(header);
        if (!head) {
            all.put(content);
        }
        return all.flip();
    }
}
