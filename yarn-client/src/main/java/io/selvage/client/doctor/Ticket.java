package io.selvage.client.doctor;

import java.io.IOException;
import java.security.PrivilegedAction;
import java.util.Comparator;
import java.util.Optional;
import javax.security.auth.Subject;
import javax.security.auth.kerberos.KerberosTicket;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.security.authentication.util.SubjectUtil;
import org.jspecify.annotations.Nullable;

/**
 * What Kerberos has given to the user of this process.
 *
 * @param givenMillis when it was, by the clock of the key distribution center
 * @param endMillis when it is over, by that clock
 */
record Ticket(String principal, long givenMillis, long endMillis) {
    /** Times of tickets are in whole seconds. */
    static final long CLOCK_TOLERANCE_MILLIS = 1_000;

    /** The one that lasts longest; empty if there is none, as of a user who has tokens instead. */
    static Optional<Ticket> ofLogin() throws IOException {
        UserGroupInformation user = UserGroupInformation.getRealUserOrSelf(UserGroupInformation.getLoginUser());
        @Nullable Subject subject = user.doAs((PrivilegedAction<@Nullable Subject>) SubjectUtil::current);
        return subject == null
                ? Optional.empty()
                : subject.getPrivateCredentials(KerberosTicket.class).stream()
                        .filter(ticket -> !ticket.isDestroyed())
                        .map(Ticket::of)
                        .max(Comparator.comparingLong(Ticket::endMillis));
    }

    static Ticket of(KerberosTicket ticket) {
        return new Ticket(
                ticket.getClient().getName(),
                ticket.getAuthTime().getTime(),
                ticket.getEndTime().getTime());
    }
}
