/// What `echo_supervisord_conf` prints: a configuration to begin with, everything in it commented.
package enum SampleConfiguration {
  package static let text = """
    ; A configuration for supervisord. Lines that begin with a semicolon are comments; so is
    ; whatever follows a semicolon behind a space. %(ENV_NAME)s is a variable of the environment,
    ; %(here)s the directory of this file; write a percent sign as %%.

    [unix_http_server]
    file=/tmp/supervisor.sock   ; where supervisorctl finds us
    ;chmod=0700                 ; who may connect
    ;chown=nobody:nogroup
    ;username=user              ; with a password, in clear text or as {SHA} and its SHA-1
    ;password=123

    ;[inet_http_server]         ; the same by TCP: give it a password
    ;port=127.0.0.1:9001
    ;username=user
    ;password=123

    [supervisord]
    logfile=/tmp/supervisord.log  ; the main log
    logfile_maxbytes=50MB         ; rotated at this size; 0: never
    logfile_backups=10            ; rotated files to keep
    loglevel=info                 ; critical, error, warn, info, debug, trace, blather
    pidfile=/tmp/supervisord.pid
    nodaemon=false                ; true: stay in the foreground, as in a container
    silent=false                  ; true: no log on stdout
    minfds=1024                   ; open files we must be allowed to have
    minprocs=200                  ; processes we must be allowed to have
    ;umask=022
    ;user=supervisord             ; whom to run as when started by root
    ;identifier=supervisor
    ;directory=/tmp
    ;nocleanup=true               ; keep AUTO logs of earlier runs
    ;childlogdir=/tmp             ; where AUTO logs go
    ;environment=KEY="value"
    ;strip_ansi=false             ; take escape sequences out of logs

    ; Without this section supervisorctl cannot control anything.
    [rpcinterface:supervisor]
    supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

    [supervisorctl]
    serverurl=unix:///tmp/supervisor.sock
    ;username=user
    ;password=123
    ;prompt=mysupervisor
    ;history_file=~/.sc_history

    ;[program:web]
    ;command=/usr/sbin/nginx -g "daemon off;"
    ;process_name=%(program_name)s
    ;numprocs=1
    ;directory=/srv
    ;umask=022
    ;priority=999               ; low numbers start first and stop last
    ;autostart=true
    ;startsecs=1                ; up for so long is RUNNING
    ;startretries=3
    ;autorestart=unexpected     ; false, unexpected, true
    ;exitcodes=0
    ;stopsignal=QUIT
    ;stopwaitsecs=10            ; then SIGKILL
    ;stopasgroup=false
    ;killasgroup=false
    ;user=www-data
    ;redirect_stderr=true
    ;stdout_logfile=/var/log/web.log
    ;stdout_logfile_maxbytes=1MB
    ;stdout_logfile_backups=10
    ;stdout_capture_maxbytes=1MB
    ;stdout_events_enabled=false
    ;stdout_syslog=false
    ;environment=A="1",B="2"
    ;serverurl=AUTO

    ;[eventlistener:watcher]
    ;command=/usr/local/bin/watcher
    ;events=PROCESS_STATE_FATAL
    ;buffer_size=10

    ;[group:site]
    ;programs=web,worker
    ;priority=999

    ;[include]
    ;files=conf.d/*.conf

    """
}
