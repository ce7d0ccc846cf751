package io.selvage.client.connect;

import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a daemon of Hadoop's tells over HTTP of its own settings, as far as it tells strangers. Nothing depends on it:
 * where it is silent, the settings of this host are what there is.
 *
 * @param beforeMillis this host's clock when it was asked
 * @param afterMillis the same when its answer was there
 * @param clockMillis its own clock, in whole seconds; empty if it does not say
 */
public record DaemonPage(Configuration settings, long beforeMillis, long afterMillis, OptionalLong clockMillis) {
    /** Half a second before and after what a date in whole seconds says. */
    public static final long CLOCK_TOLERANCE_MILLIS = 1_000;

    private static final Duration PATIENCE = Duration.ofSeconds(3);
    /** The settings of a daemon are some 200 KB. */
    private static final int MOST_BYTES = 8 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(DaemonPage.class);

    /** @param address such as {@code http://host:8088} */
    public static Optional<DaemonPage> of(String address) throws InterruptedException {
        try {
            long beforeMillis = System.currentTimeMillis();
            HttpResponse<byte[]> answer = DaemonHttp.get(URI.create(address + "/conf?format=xml"), PATIENCE);
            long afterMillis = System.currentTimeMillis();
            if (answer.statusCode() != 200 || answer.body().length > MOST_BYTES) {
                LOG.info("{} answers with {}.", address, answer.statusCode());
                return Optional.empty();
            }
            return Optional.of(new DaemonPage(
                    settings(answer.body()),
                    beforeMillis,
                    afterMillis,
                    clock(answer.headers().firstValue("Date"))));
        } catch (ExecutionException | RuntimeException silent) {
            LOG.info("The settings of {} can't be had.", address, silent);
            return Optional.empty();
        }
    }

    /** Of the first ResourceManager that tells; a stand-by one sends its visitors to the one that leads. */
    public static Optional<DaemonPage> ofResourceManager(YarnConfiguration hadoop) throws InterruptedException {
        for (String address : Yarn.pages(hadoop)) {
            Optional<DaemonPage> page = of(address);
            if (page.isPresent()) {
                return page;
            }
        }
        return Optional.empty();
    }

    private static Configuration settings(byte[] xml) {
        Configuration settings = new Configuration(false);
        settings.addResource(new ByteArrayInputStream(xml));
        settings.size(); // Read now: what is no configuration throws here.
        return settings;
    }

    static OptionalLong clock(Optional<String> date) {
        try {
            return date.map(text -> OptionalLong.of(ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                            .toInstant()
                            .toEpochMilli()))
                    .orElse(OptionalLong.empty());
        } catch (DateTimeException malformed) {
            return OptionalLong.empty();
        }
    }
}
