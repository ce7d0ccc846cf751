package io.selvage.master.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Immutable: a status and a text, whose bytes all share who are answered so. */
final class HttpAnswer {
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

    private final int status;
    private final String type;
    private final byte[] content;

    HttpAnswer(int status, String type, String body) {
        this.status = status;
        this.type = type;
        this.content = body.getBytes(StandardCharsets.UTF_8);
    }

    static HttpAnswer html(int status, String body) {
        return new HttpAnswer(status, HTML, body);
    }

    int status() {
        return status;
    }

    String body() {
        return new String(content, StandardCharsets.UTF_8);
    }

    /** Of its text. */
    int bytes() {
        return content.length;
    }

    /**
     * To be sent one after the other.
     *
     * @param head without the body itself, as HEAD has it
     */
    ByteBuffer[] encode(boolean head) {
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
        ByteBuffer body = ByteBuffer.wrap(content).asReadOnlyBuffer();
        return head ? new ByteBuffer[] {ByteBuffer.wrap(header)} : new ByteBuffer[] {ByteBuffer.wrap(header), body};
    }
}
