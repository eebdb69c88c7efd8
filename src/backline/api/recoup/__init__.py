"""The API in Recoup's words: task runs, content, files, accounts."""
