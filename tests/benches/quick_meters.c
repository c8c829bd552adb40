/* Meters that cost next to nothing, so that a client is what is measured: any address, always the same value.
 *
 *   quick_meters dlt645   energy reads of sixteen bytes, answered with 1234.56 behind four bytes FEH
 *   quick_meters modbus   Modbus TCP reads of up to 125 registers, each two of which are the float 230.2
 *
 * One thread, epoll, every address of this machine, a free port that is printed. Ended by a signal.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 4096, ROOM = 4096, EVENTS = 512, LARGEST_ANSWER = 260 };

/* Takes one request off the front: writes its answer, tells the bytes used; 0 when it is not whole yet. */
typedef size_t answerer(const uint8_t *from, size_t size, uint8_t *answer, size_t *answer_size);

static size_t answer_dlt645(const uint8_t *from, size_t size, uint8_t *answer, size_t *answer_size)
{
    enum { REQUEST = 16, PREAMBLE = 4, ADDRESSED = 8, IDENTIFIER = 4 };
    static const uint8_t value[] = {0x56 + 0x33, 0x34 + 0x33, 0x12 + 0x33, 0x00 + 0x33};
    const uint8_t *start = memchr(from, 0x68, size);
    if (start == NULL) {
        *answer_size = 0;
        return size;
    }
    if (from + size < start + REQUEST)
        return 0;
    uint8_t *to = answer, sum = 0;
    memset(to, 0xFE, PREAMBLE), to += PREAMBLE;
    memcpy(to, start, ADDRESSED), to += ADDRESSED;
    *to++ = 0x91, *to++ = IDENTIFIER + sizeof value;
    memcpy(to, start + ADDRESSED + 2, IDENTIFIER), to += IDENTIFIER;
    memcpy(to, value, sizeof value), to += sizeof value;
    for (const uint8_t *byte = answer + PREAMBLE; byte < to; byte++)
        sum += *byte;
    *to++ = sum, *to++ = 0x16;
    *answer_size = to - answer;
    return start + REQUEST - from;
}

static size_t answer_modbus(const uint8_t *from, size_t size, uint8_t *answer, size_t *answer_size)
{
    enum { REQUEST = 12, HEAD = 9, MOST = 125 };
    static const uint8_t told[] = {0x43, 0x66, 0x33, 0x34};
    if (size < REQUEST)
        return 0;
    uint8_t bytes = 2 * (from[11] < MOST ? from[11] : MOST);
    memcpy(answer, from, 4);
    answer[4] = 0, answer[5] = 3 + bytes;
    memcpy(answer + 6, from + 6, 2);
    answer[8] = bytes;
    for (size_t n = 0; n < bytes; n++)
        answer[HEAD + n] = told[n % sizeof told];
    *answer_size = HEAD + bytes;
    return REQUEST;
}

static uint8_t waiting[CONNECTIONS][ROOM];
static size_t waits[CONNECTIONS];

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* Reads once, answers every whole request in one write; 0 when the other end has gone. */
static int serve(int connection, answerer *answer)
{
    uint8_t *buffer = waiting[connection], answers[ROOM * 8];
    ssize_t came = read(connection, buffer + waits[connection], ROOM - waits[connection]);
    if (came <= 0)
        return came < 0 && errno == EAGAIN;
    size_t size = waits[connection] + came, used = 0, filled = 0, taken, one;
    while (used < size && filled + LARGEST_ANSWER <= sizeof answers &&
           (taken = answer(buffer + used, size - used, answers + filled, &one)) > 0)
        used += taken, filled += one;
    waits[connection] = size - used;
    memmove(buffer, buffer + used, size - used);
    return filled == 0 || write(connection, answers, filled) == (ssize_t)filled;
}

static int listening(void)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in here = {.sin_family = AF_INET};
    socklen_t size = sizeof here;
    if (listener < 0 || bind(listener, (struct sockaddr *)&here, size) < 0 || listen(listener, 1024) < 0 ||
        getsockname(listener, (struct sockaddr *)&here, &size) < 0)
        die("listen");
    printf("listening on %d\n", ntohs(here.sin_port));
    fflush(stdout);
    return listener;
}

static void admit(int poll, int listener)
{
    int connection, yes = 1;
    while ((connection = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct epoll_event readable = {.events = EPOLLIN, .data.fd = connection};
        if (connection >= CONNECTIONS) {
            close(connection);
            continue;
        }
        waits[connection] = 0;
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (epoll_ctl(poll, EPOLL_CTL_ADD, connection, &readable) < 0)
            die("epoll_ctl");
    }
}

int main(int count, char **words)
{
    if (count != 2 || (strcmp(words[1], "dlt645") && strcmp(words[1], "modbus"))) {
        fprintf(stderr, "usage: quick_meters dlt645|modbus\n");
        return 2;
    }
    answerer *answer = strcmp(words[1], "modbus") ? answer_dlt645 : answer_modbus;
    int poll = epoll_create1(0), listener = listening();
    struct epoll_event readable = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];
    if (poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, listener, &readable) < 0)
        die("epoll");
    for (;;) {
        int ready = epoll_wait(poll, events, EVENTS, -1);
        if (ready < 0 && errno != EINTR)
            die("epoll_wait");
        for (int each = 0; each < ready; each++)
            if (events[each].data.fd == listener)
                admit(poll, listener);
            else if (!serve(events[each].data.fd, answer))
                close(events[each].data.fd);
    }
}
