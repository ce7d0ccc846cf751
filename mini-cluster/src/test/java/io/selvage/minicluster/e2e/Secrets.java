package io.selvage.minicluster.e2e;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;

/**
 * What is secret of a session, in the forms in which it might be found.
 *
 * @param forms each byte a character
 */
record Secrets(List<String> forms) {
    /** Long enough to be found by chance nowhere, and short enough to lie within one line. */
    private static final int PIECE_CHARACTERS = 40;

    /** @param sessionFile the client's */
    static Secrets of(Path sessionFile) throws IOException {
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(sessionFile)) {
            properties.load(in);
        }
        String encoded = properties.getProperty("identity");
        try (DataInputStream in =
                new DataInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(encoded)))) {
            in.readInt(); // The format.
            byte[] secret = in.readNBytes(in.readInt());
            in.skipNBytes(in.readInt()); // The certificate, which is no secret.
            byte[] privateKey = in.readNBytes(in.readInt());
            return new Secrets(List.of(
                    encoded.substring(0, PIECE_CHARACTERS),
                    encoded.substring(encoded.length() - PIECE_CHARACTERS),
                    text(secret),
                    HexFormat.of().formatHex(secret),
                    Base64.getEncoder().encodeToString(secret),
                    text(privateKey),
                    HexFormat.of().formatHex(privateKey),
                    Base64.getEncoder().encodeToString(privateKey)));
        }
    }

    boolean foundIn(byte[] content) {
        String text = text(content);
        return forms.stream().anyMatch(text::contains);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
