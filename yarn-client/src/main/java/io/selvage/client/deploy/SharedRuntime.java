package io.selvage.client.deploy;

import io.selvage.checkpoint.library.HashCache;
import io.selvage.checkpoint.library.SharedLibraries;
import io.selvage.client.exit.ClientException;
import io.selvage.client.exit.ExitCode;
import io.selvage.protocol.config.SessionConfig;
import io.selvage.protocol.failure.FailureWords;
import io.selvage.protocol.wire.LibraryFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The runtime that an administrator has put into HDFS for all users; blocks on HDFS. */
public final class SharedRuntime {
    private static final Logger LOG = LoggerFactory.getLogger(SharedRuntime.class);

    private SharedRuntime() {}

    /**
     * The one with that content, if it is there and can be used: if not, each user has his own.
     *
     * @param root of selvage.library.root; empty: there is none
     */
    static Optional<LibraryFile> find(String root, Configuration hadoop, Path archive, HashCache hashes)
            throws IOException {
        if (root.isEmpty()) {
            return Optional.empty();
        }
        String sha256 = hashes.sha256(archive);
        try {
            SharedLibraries.Seen seen = look(root, hadoop, archive, hashes);
            if (seen.file() == null) {
                LOG.info("The runtime {} is not taken from {}: {} {}", sha256, root, seen.standing(), seen.where());
            }
            return Optional.ofNullable(seen.file());
        } catch (IOException | IllegalArgumentException unanswered) { // Of the latter kind: a host that is not known.
            LOG.warn("The runtime {} is not taken from {}.", sha256, root, unanswered);
            return Optional.empty();
        }
    }

    /**
     * How the one of an installation stands there.
     *
     * @param root of selvage.library.root
     * @param bundleDirectory where files are kept that were put together for the cluster
     * @throws ClientException if there can be none at that place
     * @throws IllegalArgumentException like {@code IOException}: where HDFS has no host of that name
     */
    public static SharedLibraries.Seen look(
            String root, Configuration hadoop, Distribution distribution, Path bundleDirectory, Path hashCacheFile)
            throws IOException {
        Path archive = new Bundle(bundleDirectory).ofJars(distribution.jars());
        HashCache hashes = HashCache.open(hashCacheFile);
        SharedLibraries.Seen seen = look(root, hadoop, archive, hashes);
        hashes.save();
        return seen;
    }

    private static SharedLibraries.Seen look(String root, Configuration hadoop, Path archive, HashCache hashes)
            throws IOException {
        org.apache.hadoop.fs.Path directory = pathOf(root);
        if (!directory.isAbsolute()) {
            throw new ClientException(
                    ExitCode.REFUSED,
                    SessionConfig.LIBRARY_ROOT.name() + " is \"" + root
                            + "\", which is another directory for each user. Begin it with / or hdfs://, as selvage share has said it.");
        }
        return new SharedLibraries(directory, hadoop).look(hashes.sha256(archive), Files.size(archive));
    }

    /**
     * Puts it there for all.
     *
     * @param bundleDirectory where files are kept that were put together for the cluster
     * @return where it is, and whether all can read it there
     * @throws ClientException if that can't be, or anybody could replace it there
     */
    public static LibraryFile put(
            String root, Configuration hadoop, Distribution distribution, Path bundleDirectory, Path hashCacheFile) {
        try {
            Path archive = new Bundle(bundleDirectory).ofJars(distribution.jars());
            return new SharedLibraries(pathOf(root), hadoop).put(archive, HashCache.open(hashCacheFile));
        } catch (IOException | IllegalArgumentException failed) {
            throw new ClientException(
                    ExitCode.REFUSED,
                    "The runtime could not be put into " + root + " for all: " + FailureWords.sentence(failed),
                    failed);
        }
    }

    private static org.apache.hadoop.fs.Path pathOf(String root) {
        try {
            return new org.apache.hadoop.fs.Path(root);
        } catch (IllegalArgumentException malformed) {
            throw new ClientException(
                    ExitCode.REFUSED,
                    "\"" + root + "\" is no path of HDFS: " + malformed.getMessage() + ". Write it as /apps/selvage.",
                    malformed);
        }
    }
}
