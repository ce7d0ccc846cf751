package io.selvage.protocol.config;

import java.util.List;
import java.util.regex.Pattern;

/**
 * How a session proves who it is on a cluster with Kerberos.
 *
 * @param keytab of the client's host: for the client and the master, never for executors; empty for the client's ticket
 *     alone
 * @param principal whose keys the keytab holds; empty only together with the keytab
 * @param fileSystems whose tokens are obtained beside those of the state root and the default file system
 */
public record KerberosConfig(String keytab, String principal, List<String> fileSystems) {
    public static final ConfigKey<String> KEYTAB = ConfigKey.session(
            "selvage.security.kerberos.keytab",
            ValueType.text(),
            "",
            "On a cluster with Kerberos, the keytab on the host that opens the session: client and master log in with it, so"
                    + " that the session can outlive its first tokens; empty for your ticket alone.");
    public static final ConfigKey<String> PRINCIPAL = ConfigKey.session(
            "selvage.security.kerberos.principal",
            ValueType.text(
                    "a Kerberos principal, such as anna@EXAMPLE.COM",
                    Pattern.compile("|[^\\s@/]+(/[^\\s@/]+)?(@[^\\s@/]+)?")),
            "",
            "The principal whose keys the keytab holds.");
    public static final ConfigKey<List<String>> FILE_SYSTEMS = ConfigKey.session(
            "selvage.security.kerberos.file-systems",
            ValueType.list(
                    "up to 100 URIs of file systems, parted by commas",
                    Pattern.compile("[a-z][-+.a-z0-9]*://[^,\\s]*"),
                    100),
            List.of(),
            "URIs of further file systems that jobs read or write, parted by commas: tokens for the one of the state root and"
                    + " the default one are obtained anyway.");

    public KerberosConfig {
        fileSystems = List.copyOf(fileSystems);
        if (keytab.isEmpty() != principal.isEmpty()) {
            throw new ConfigException((keytab.isEmpty() ? PRINCIPAL : KEYTAB).name() + " is set, and "
                    + (keytab.isEmpty() ? KEYTAB : PRINCIPAL).name() + " is not: set both, or neither.");
        }
    }

    /** Whether the master logs in by itself. */
    public boolean hasKeytab() {
        return !keytab.isEmpty();
    }

    public static KerberosConfig from(Configuration configuration) {
        return new KerberosConfig(
                configuration.get(KEYTAB), configuration.get(PRINCIPAL), configuration.get(FILE_SYSTEMS));
    }
}
