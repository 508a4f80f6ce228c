"""Is a dataset what its receipt says, and does it follow its model?"""
