import Linux

ThisProcess.exit(entrypoint(ThisProcess.arguments))
