"""What an editor asks of a spec while it is written: faults, words, explanations, places.

Texts and offsets go in, values come out; `server` alone knows the protocol of editors.
"""
