package io.selvage.master.yarn;

import io.selvage.protocol.config.StatusAccess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.hadoop.security.SecurityUtil;
import org.apache.hadoop.security.UserGroupInformation.AuthenticationMethod;
import org.apache.hadoop.yarn.conf.HAUtil;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether somebody at an address may read the status page; safe for use by many threads. Nobody may until it is known
 * who may. YARN's web proxy is told by its hosts' addresses, as YARN's own filter for masters tells it.
 */
public final class StatusReaders implements Predicate<InetAddress> {
    /** Hosts get other addresses. */
    private static final long LOOK_UP_EVERY_NANOS = TimeUnit.MINUTES.toNanos(5);
    /** While the address of a host is not known. */
    private static final long LOOK_UP_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** Where a server listens at all addresses of its host. */
    private static final Set<String> WILDCARDS = Set.of("0.0.0.0", "::", "[::]");

    private static final Logger LOG = LoggerFactory.getLogger(StatusReaders.class);

    /** Says which addresses a host has. */
    interface Names {
        Set<InetAddress> addresses(String host) throws IOException;
    }

    private final Names names;

    // Volatile, both: one thread finds out, another one serves.
    private volatile boolean isForAll;
    private volatile Set<InetAddress> proxies = Set.of();
    // The thread's that looks up.
    private final Map<String, Set<InetAddress>> addresses = new HashMap<>();
    private final Set<String> unknown = new HashSet<>();

    public StatusReaders() {
        this(StatusReaders::addresses);
    }

    StatusReaders(Names names) {
        this.names = names;
    }

    @Override
    public boolean test(InetAddress address) {
        return isForAll || proxies.contains(address);
    }

    /** Returns soon if all may; else never, as it goes on to look up the proxy's hosts. */
    public void follow(StatusAccess access, YarnConfiguration hadoop) {
        if (isForAll(access, hadoop)) {
            isForAll = true;
            return;
        }
        Set<String> hosts = hosts(hadoop);
        LOG.info("Only YARN's web proxy may read the status page, from {}.", hosts);
        while (!Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(lookUp(hosts) ? LOOK_UP_EVERY_NANOS : LOOK_UP_AGAIN_NANOS);
        }
    }

    static boolean isForAll(StatusAccess access, YarnConfiguration hadoop) {
        return switch (access) {
            case ALL -> true;
            case PROXY -> false;
            case AUTO -> SecurityUtil.getAuthenticationMethod(hadoop) == AuthenticationMethod.SIMPLE;
        };
    }

    /** Where the proxy is: by itself, or in each ResourceManager. A wildcard only if nothing else is said. */
    static Set<String> hosts(YarnConfiguration hadoop) {
        Set<String> hosts = new TreeSet<>();
        addHost(YarnConfiguration.PROXY_ADDRESS, hadoop, hosts);
        if (!hosts.isEmpty()) {
            return hosts;
        }
        if (HAUtil.isHAEnabled(hadoop)) {
            HAUtil.getRMHAIds(hadoop).forEach(id -> addHosts("." + id, hadoop, hosts));
        } else {
            addHosts("", hadoop, hosts);
        }
        if (!WILDCARDS.containsAll(hosts)) {
            hosts.removeAll(WILDCARDS);
        }
        return hosts;
    }

    private static void addHosts(String suffix, YarnConfiguration hadoop, Set<String> hosts) {
        addHost(YarnConfiguration.RM_WEBAPP_ADDRESS + suffix, hadoop, hosts);
        addHost(YarnConfiguration.RM_WEBAPP_HTTPS_ADDRESS + suffix, hadoop, hosts);
        addHost(YarnConfiguration.RM_HOSTNAME + suffix, hadoop, hosts);
    }

    private static void addHost(String key, YarnConfiguration hadoop, Set<String> hosts) {
        String host = hadoop.getTrimmed(key, "").replaceFirst(":[0-9]+$", "");
        if (!host.isEmpty()) {
            hosts.add(host);
        }
    }

    /**
     * The addresses of a host stay if none is found now: a name server that is away locks nobody out.
     *
     * @return whether one was found now for each of them
     */
    boolean lookUp(Collection<String> hosts) {
        for (String host : hosts) {
            try {
                addresses.put(host, names.addresses(host));
                unknown.remove(host);
            } catch (IOException failed) {
                if (unknown.add(host)) {
                    LOG.warn("YARN's web proxy may be at {}, which has no address: {}", host, failed.getMessage());
                }
            }
        }
        proxies = addresses.values().stream().flatMap(Set::stream).collect(Collectors.toUnmodifiableSet());
        return unknown.isEmpty();
    }

    /** A wildcard is this host, as it is to Hadoop's clients. */
    private static Set<InetAddress> addresses(String host) throws IOException {
        Set<InetAddress> found = new HashSet<>(List.of(InetAddress.getAllByName(host)));
        if (found.stream().anyMatch(InetAddress::isAnyLocalAddress)) {
            NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .forEach(found::add);
        }
        return found;
    }
}
