"""What a learner's Python holds while it is graded. None of it is trusted, and nothing in it knows an answer.

kernel.py    starts the Python: what an exercise has no use for is refused, and noted
server.py    calls the learner's functions with inputs that come from outside, and sends back what they give
wire.py      values as JSON, types told apart
stub.py      stands in place of the checks
"""
