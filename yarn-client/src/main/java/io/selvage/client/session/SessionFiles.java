package io.selvage.client.session;

import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.security.ApplicationIdentity;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The sessions that this user has opened, one file each, readable by the user alone. Safe for use by several processes:
 * a file appears whole or not at all.
 */
public final class SessionFiles {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> OWNER_ONLY_DIRECTORY = PosixFilePermissions.fromString("rwx------");
    private static final String FORMAT = "1";
    private static final String ONLY_JOB = "only-job";
    private static final String USER = "user";

    private final Path directory;

    /** @param userDirectory belongs to this user alone */
    public SessionFiles(Path userDirectory) {
        this.directory = userDirectory.resolve("sessions");
    }

    public Path pathOf(String applicationId) {
        return directory.resolve(applicationId);
    }

    public void write(SessionRecord session) {
        Properties properties = new Properties();
        properties.setProperty("format", FORMAT);
        properties.setProperty("application", session.applicationId());
        properties.setProperty("name", session.name());
        properties.setProperty("cluster", session.cluster());
        properties.setProperty("state-root", session.stateRoot());
        properties.setProperty("opened-millis", Long.toString(session.openedMillis()));
        properties.setProperty(
                "identity",
                Base64.getEncoder().encodeToString(session.identity().encode()));
        if (session.user() != null) {
            properties.setProperty(USER, session.user());
        }
        if (session.onlyJob() != null) {
            properties.setProperty(ONLY_JOB, session.onlyJob());
        }
        try {
            Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY_DIRECTORY));
            Path temporary =
                    Files.createTempFile(directory, ".", ".tmp", PosixFilePermissions.asFileAttribute(OWNER_ONLY));
            try {
                try (OutputStream out = Files.newOutputStream(temporary)) {
                    properties.store(out, "Whoever can read this file can use the session. It ends with the session.");
                }
                Files.move(temporary, pathOf(session.applicationId()), StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(temporary); // It holds the secret, and is there only if something went wrong.
            }
        } catch (IOException unwritable) {
            throw new ClientException(
                    ExitCode.BAD_INPUT,
                    "The session's file can't be written into " + directory + ": " + unwritable
                            + ". Make room there, or name another directory with SELVAGE_USER_DIR.",
                    unwritable);
        }
    }

    /** The session of that id, or nothing if this user has no file of it. */
    public Optional<SessionRecord> read(String applicationId) {
        Path file = pathOf(applicationId);
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(file)) {
            properties.load(in);
            refuseIfOthersCanRead(file);
            return Optional.of(parse(properties));
        } catch (NoSuchFileException absent) {
            return Optional.empty();
        } catch (IOException | IllegalArgumentException damaged) {
            throw new ClientException(
                    ExitCode.BAD_INPUT,
                    "The session's file " + file + " can't be used: " + damaged.getMessage()
                            + " If the session still runs, stop it with: yarn application -kill " + applicationId,
                    damaged);
        }
    }

    private static SessionRecord parse(Properties properties) {
        String format = required(properties, "format");
        if (!format.equals(FORMAT)) {
            throw new IllegalArgumentException("it has format " + format + ", of another version of Selvage.");
        }
        return new SessionRecord(
                required(properties, "application"),
                required(properties, "name"),
                required(properties, "cluster"),
                required(properties, "state-root"),
                Long.parseLong(required(properties, "opened-millis")),
                ApplicationIdentity.decode(Base64.getDecoder().decode(required(properties, "identity"))),
                properties.getProperty(USER),
                properties.getProperty(ONLY_JOB));
    }

    private static String required(Properties properties, String key) {
        String value = properties.getProperty(key);
        if (value == null) {
            throw new IllegalArgumentException("it has no \"" + key + "\".");
        }
        return value;
    }

    private static void refuseIfOthersCanRead(Path file) throws IOException {
        if (!OWNER_ONLY.containsAll(Files.getPosixFilePermissions(file))) {
            throw new IllegalArgumentException(
                    "others than you can read it, and so use the session. Take their rights away with chmod 600.");
        }
    }

    /** The ids of all sessions of this user that have a file, newest first. */
    public List<String> applicationIds() {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            List<String> ids =
                    new ArrayList<>(files.map(file -> file.getFileName().toString())
                            .filter(name -> name.startsWith("application_"))
                            .toList());
            ids.sort(NEWEST_FIRST);
            return ids;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** YARN's ids grow: by the ResourceManager's start, then by its counter, whose width varies. */
    private static final Comparator<String> NEWEST_FIRST = Comparator.comparing((String id) -> number(id, 1))
            .thenComparing(id -> number(id, 2))
            .reversed();

    private static long number(String applicationId, int part) {
        String[] parts = applicationId.split("_", -1);
        try {
            return parts.length > part ? Long.parseLong(parts[part]) : 0;
        } catch (NumberFormatException notYarns) {
            return 0;
        }
    }

    /** Forgets a session that has ended. */
    public void delete(String applicationId) {
        try {
            Files.deleteIfExists(pathOf(applicationId));
        } catch (IOException undeletable) {
            throw new UncheckedIOException(undeletable);
        }
    }
}
