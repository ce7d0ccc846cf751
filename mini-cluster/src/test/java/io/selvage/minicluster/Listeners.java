package io.selvage.minicluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The TCP sockets on which this process listens, as the kernel tells them in {@code /proc}. */
final class Listeners {

    private static final String LISTEN = "0A";

    private Listeners() {}

    static List<InetSocketAddress> ofThisProcess() throws IOException {
        Set<String> inodes = socketsOfThisProcess();
        List<InetSocketAddress> listeners = new ArrayList<>();
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            for (String line : Files.readAllLines(Path.of(table))) {
                String[] fields = line.trim().split("\\s+");
                if (fields.length > 9 && fields[3].equals(LISTEN) && inodes.contains("socket:[" + fields[9] + "]")) {
                    listeners.add(address(fields[1]));
                }
            }
        }
        return listeners;
    }

    private static Set<String> socketsOfThisProcess() throws IOException {
        Set<String> inodes = new HashSet<>();
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                try {
                    inodes.add(Files.readSymbolicLink(descriptor).toString());
                } catch (NoSuchFileException e) {
                    // Closed since the folder was listed: it does not listen any more.
                    continue;
                }
            }
        }
        return inodes;
    }

    /** Each group of four bytes is in the byte order of the machine: little endian here. */
    private static InetSocketAddress address(String hexadecimal) throws IOException {
        String[] parts = hexadecimal.split(":");
        byte[] bytes = new byte[parts[0].length() / 2];
        for (int i = 0; i < bytes.length; i++) {
            int from = (i / 4 * 4 + 3 - i % 4) * 2;
            bytes[i] = (byte) Integer.parseInt(parts[0].substring(from, from + 2), 16);
        }
        return new InetSocketAddress(InetAddress.getByAddress(bytes), Integer.parseInt(parts[1], 16));
    }
}
