package io.selvage.minicluster.e2e;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** A page as a browser gets it. */
final class WebPage {
    private static final int PATIENCE_MILLIS = 10_000;

    private WebPage() {}

    /** What is there, or why nothing is. */
    static String read(String url) {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create(url).toURL().openConnection();
            connection.setConnectTimeout(PATIENCE_MILLIS);
            connection.setReadTimeout(PATIENCE_MILLIS);
            try (InputStream in = connection.getInputStream()) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        } catch (IOException notNow) {
            return url + ": " + notNow;
        }
    }
}
