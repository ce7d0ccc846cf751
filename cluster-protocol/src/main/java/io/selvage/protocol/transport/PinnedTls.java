package io.selvage.protocol.transport;

import io.selvage.protocol.security.ApplicationIdentity;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;

/**
 * Mutual TLS 1.3 with exactly the application's certificate, as the control plane has it, for whoever brings its own
 * sockets. Immutable, for any thread.
 */
public final class PinnedTls {
    private static final String PROTOCOL = "TLSv1.3";
    /** The one that every JDK has, and that processors do fastest. */
    private static final String CIPHER = "TLS_AES_128_GCM_SHA256";

    private final SSLContext context;

    public PinnedTls(ApplicationIdentity identity) {
        try {
            context = SSLContext.getInstance(PROTOCOL);
            context.init(
                    new KeyManager[] {new ApplicationKey(identity)},
                    new TrustManager[] {new PinnedCertificate(identity.certificate())},
                    new SecureRandom());
        } catch (GeneralSecurityException unavailable) {
            throw new IllegalStateException("This JVM can't do TLS 1.3.", unavailable);
        }
    }

    /** For one connection. */
    public SSLEngine newEngine(boolean isConnecting) {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(isConnecting);
        engine.setEnabledProtocols(new String[] {PROTOCOL});
        engine.setEnabledCipherSuites(new String[] {CIPHER});
        if (!isConnecting) {
            engine.setNeedClientAuth(true);
        }
        return engine;
    }
}
