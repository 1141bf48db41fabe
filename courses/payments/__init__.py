"""Money, kept small: what a place on a paid run costs, whether it is paid, and the bank's statements.

due.py         follows the state machine: a payment is opened with the place and settled when the place ends
rules.py       what the office and the bank do to a payment
lapsing.py     reminders, the warning, and when an unpaid place lapses
iban.py spayd.py words.py   the account, the payment code, and how a payment is said
statements/    reading a bank's file; importing.py reviews and applies it
"""
